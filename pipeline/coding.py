"""Bring what collectives write into the contract's codes, dates and numbers.

Nothing is judged here: what cannot be coded stays as it was written, for validation to refuse with a reason.
Each column is coded over its distinct values, so the cost grows with the variety of a return, not its length.
"""

import functools
import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from pipeline.contract import CodeList, Contract, Field, fold_digits, fold_spelling
from pipeline.settings import KOLKATA

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_SERIAL = re.compile(r"([2-7]\d{4})(\.\d+)?")  # 1954 to 2119: no year or code has five digits
_WITH_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?")
_WHOLE_AS_DECIMAL = re.compile(r"(\d+)\.0+")
_GROUPED = re.compile(r"\d{1,3}(,\d{2,3})*,\d{3}")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")
_SEPARATOR = re.compile(r"[;|,]")

_ITEM_BREAK = re.compile(r"[;|\r\n]")

ITEM_SIGN = " · "
"""Stands between label and code in the drop-downs of our forms, and between title and name in their headings."""

_Recode = Callable[[str], str | None]


def code_frame(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return the same rows and columns with every field in the contract's own form.

    `frame` holds `row` and the contract's columns as String. Digits of every script become ASCII outside
    free text; states, districts and labels become codes (a district within its row's state only); several
    codes are sorted and joined by `;`; dates become ISO dates; a blank action becomes `new`.
    """
    coded = frame.with_columns(
        _code_field(frame[field.name], field, contract) for field in contract.fields.values()
    ).with_columns(pl.col("action").fill_null("new"))
    return coded.with_columns(_code_district(coded, contract.code_lists["districts"]))


def _code_field(column: pl.Series, field: Field, contract: Contract) -> pl.Series:
    if field.kind == "text" or column.null_count() == column.len():
        return column.cast(pl.String)
    if field.kind in {"identifier", "token"}:
        folded = column.str.strip_chars().str.replace_many(_native_digits())
        return folded.str.to_lowercase() if field.kind == "token" else folded
    return _recode_distinct(column, _recoding(field, contract))


def _recoding(field: Field, contract: Contract) -> _Recode:
    if field.kind in {"date", "partial_date"}:
        return code_date
    if field.kind == "integer":
        return code_whole_number
    code_list = contract.codes_of(field.name)
    if field.name == "district":
        return fold_digits  # the rest needs the state of the row
    if field.kind == "codes":
        return lambda text: code_several(text, code_list)
    return lambda text: find_code(text, code_list) or text


def _recode_distinct(column: pl.Series, recode: _Recode) -> pl.Series:
    distinct = column.drop_nulls().unique()
    recoded = pl.Series([recode(text.strip()) for text in distinct], dtype=pl.String)
    return column.replace_strict(distinct, recoded, default=None, return_dtype=pl.String)


def _code_district(coded: pl.DataFrame, districts: CodeList) -> pl.Series:
    places = coded.select("state", "district").drop_nulls("district").unique()
    codes = [
        find_code(district, districts, within=state) or district for state, district in places.iter_rows()
    ]
    resolved = places.with_columns(pl.Series("resolved", codes, dtype=pl.String))
    return (
        coded.select("state", "district")
        .join(resolved, on=["state", "district"], how="left", nulls_equal=True, maintain_order="left")
        .get_column("resolved")
        .alias("district")
    )


def find_code(text: str, code_list: CodeList, *, within: str | None = None) -> str | None:
    """Return the code that `text` names inside `within`, or None.

    A spreadsheet writes the code 19 as 19.0. Any other decimal names nothing: compared by digits alone, 30.3
    would be district 303.
    """
    if ITEM_SIGN in text and (code := _find_item(text, code_list, within)):
        return code
    text = fold_digits(text)
    whole = _WHOLE_AS_DECIMAL.fullmatch(text)
    if whole:
        text = whole[1]
    elif _NUMBER.fullmatch(text) and not text.isdecimal():
        return None
    return code_list.by_spelling.get((within, fold_spelling(text)))


def _find_item(text: str, code_list: CodeList, within: str | None) -> str | None:
    """Return the code of `label · CODE`, in whatever language the label is.

    None where the end is no code of the list, or where what stands before it names another one.
    """
    label, _, code = text.strip().rpartition(ITEM_SIGN)
    known = code_list.codes.get(code)
    if known is None or known.within != within or ITEM_SIGN in label or _ITEM_BREAK.search(label):
        return None
    named = {find_code(part.strip(), code_list, within=within) for part in (label, *label.split(","))}
    return code if named <= {None, code} else None


def code_several(text: str, code_list: CodeList) -> str | None:
    """Return the codes named in `text`, sorted, each once, joined by `;`; None where nothing is named."""
    # A label of a drop-down may hold a comma, so its items are told apart before that is a separator.
    parts = _ITEM_BREAK.split(text) if ITEM_SIGN in text else [text]
    return ";".join(sorted(set().union(*(_name_several(part, code_list) for part in parts)))) or None


def _name_several(text: str, code_list: CodeList) -> set[str]:
    """Labels may hold spaces and commas, so the longest reading is tried first."""
    found: set[str] = set()
    whole = None if ";" in text or "|" in text else _find_one(text, code_list)
    for part in [whole] if whole else _SEPARATOR.split(fold_digits(text)):
        code = _find_one(part.strip(), code_list)
        found.update([code] if code else (find_code(word, code_list) or word for word in part.split()))
    return found


def _find_one(text: str, code_list: CodeList) -> str | None:
    several = ITEM_SIGN in text and len(code_list.codes.keys() & set(text.split())) > 1
    return None if several else find_code(text, code_list)


def code_date(text: str) -> str:
    """Return `text` as YYYY-MM-DD or YYYY-MM where it is a date in an order that cannot be mistaken.

    Understood are year-first dates, dates with a time (one with an offset is taken in Indian time) and the
    day numbers of spreadsheets. 03/10/2026 may be March or October, so it stays as written.
    """
    text = fold_digits(text)
    if serial := _EXCEL_SERIAL.fullmatch(text):
        return (_EXCEL_DAY_ZERO + timedelta(days=int(serial[1]))).isoformat()
    if year_first := _YEAR_FIRST.fullmatch(text):
        return "-".join(part.zfill(2) for part in year_first.groups() if part)
    return _date_of_time(text) if _WITH_TIME.fullmatch(text) else text


def _date_of_time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(KOLKATA) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError):
        return text


def code_whole_number(text: str) -> str:
    """Return `text` without grouping commas, a decimal zero or leading zeros where it is a whole number."""
    text = fold_digits(text)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    whole = _WHOLE_AS_DECIMAL.fullmatch(text)
    digits = whole[1] if whole else text
    return digits.lstrip("0") or "0" if digits.isdecimal() else text


@functools.cache
def _native_digits() -> dict[str, str]:
    characters = (chr(point) for point in range(128, sys.maxunicode + 1))
    return {digit: str(unicodedata.decimal(digit)) for digit in characters if digit.isdecimal()}
