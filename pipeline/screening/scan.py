"""Columns of text: what regular expressions can decide is decided by Polars, the few rest one by one.

Every distinct value is looked at once. On clean reports two passes of regular expressions are all that runs.
"""

import functools
import sys
import unicodedata
from collections.abc import Mapping

import polars as pl

from pipeline.screening.cues import announced_numbers
from pipeline.screening.shapes import judge_code, judge_text

_HINT = r"(?i)[\p{N}@＠﹫]|[\[({]\s?at|\sdot\s"
_ADDRESS_HINT = r"(?i)@|[\[({]\s?at|\sdot\s"
_ADDRESS = (
    r"(?i)[\w.+%-]@[\p{L}]|[\w.+%-]\s@\s?\p{L}[\w-]*\.[a-z]{2}|\w\s?[\[({]\s?at\s?[\])}]\s?\w"
    r"|\w\s+at\s+\w+\s+dot\s+(?:com|in|org|net|co)\b"
)
_FIR_CODE = r"(?i)(?:^|[^a-z])f\.?i\.?r\.?[ _.:#/-]{0,3}(?:no)?[ _.:#/-]{0,3}[0-9]"
_INVISIBLE = r"\p{Cf}|\x{034f}|[\x{fe00}-\x{fe0f}]"
_HEX_VALUE = r"^(?:[0-9A-Fa-f]{16,128}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_DATE = "|".join(
    f"{_YEAR}{mark}{_MONTH}{mark}{_DAY}|{_DAY}{mark}{_MONTH}{mark}(?:{_YEAR}|[0-9]{{2}})"
    for mark in ("-", r"\.", "/")
)
_MASKED_DATE = f"(^|[^0-9])(?:{_DATE})([^0-9]|$)"
_GAP = r"[\s.()_*·•\p{Pd}−]{0,3}"
_PAN = r"[a-z]{5}[ -]?[0-9]{4}[ -]?[a-z]"
_TEXT_NUMBER = rf"(?i){_PAN}|[a-z]{{4}}0[a-z0-9]{{6}}|[0-9](?:{_GAP}[0-9]){{9}}"
_CODE_NUMBER = rf"(?i){_PAN}|[0-9]{{5}}{_GAP}[0-9]{{5}}|[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}"
_BARE_NUMBER = r"^[0-9\s.-]{1,36}$"
_LONGEST_NUMBER_TOKEN = 18


def find_personal_data(texts: pl.Series, *, free_text: bool) -> pl.DataFrame:
    """Find the distinct values of `texts` that hold personal data.

    Returns a frame with `text` (a value as it stands in `texts`) and `rule`, one row a rule it breaks. Free
    text is also searched for numbers that only their grouping or the words before them give away.
    """
    suspects = texts.drop_nulls().unique().alias("text").to_frame()
    suspects = suspects.filter(pl.col("text").str.contains(_HINT))
    suspects = suspects.with_columns(plain=_fold(suspects["text"]))
    suspects = suspects.filter(
        ~(pl.col("plain").str.contains(_HEX_VALUE) & pl.col("plain").str.contains("[A-Fa-f]"))
    )
    if free_text:
        suspects = suspects.with_columns(pl.col("plain").str.replace_all(_MASKED_DATE, "${1}#${2}"))
    patterns = announced_numbers() if free_text else {"personal_case_number": _FIR_CODE}
    found = [
        suspects.filter(pl.col("plain").str.contains(pattern)).select("text", rule=pl.lit(rule))
        for rule, pattern in patterns.items()
    ]
    found += [_find_addresses(suspects), _judge_numbers(suspects, free_text=free_text)]
    return pl.concat(found).unique()


def holds_personal_data(texts: pl.Series) -> pl.Series:
    """Tell for each text whether it holds personal data; null does not."""
    found = find_personal_data(texts, free_text=True)
    return texts.is_in(found["text"].unique().implode()).fill_null(value=False)


def find_number_tokens(tokens: pl.Series) -> pl.DataFrame:
    """Find the case tokens that are nothing but up to 18 digits, as phone and identity numbers are.

    Returns `text` and `rule` as `find_personal_data` does.
    """
    distinct = tokens.drop_nulls().unique().alias("text").to_frame()
    distinct = distinct.with_columns(plain=_fold(distinct["text"]))
    digits = pl.col("plain").str.count_matches("[0-9]")
    bare = pl.col("plain").str.contains(_BARE_NUMBER) & digits.is_between(1, _LONGEST_NUMBER_TOKEN)
    return distinct.filter(bare).select("text", rule=pl.lit("personal_token"))


def _find_addresses(suspects: pl.DataFrame) -> pl.DataFrame:
    # The pattern is slow, since it may begin at any letter; next to no text gets past the hint.
    few = suspects.filter(pl.col("plain").str.contains(_ADDRESS_HINT))
    return few.filter(pl.col("plain").str.contains(_ADDRESS)).select("text", rule=pl.lit("personal_email"))


def _judge_numbers(suspects: pl.DataFrame, *, free_text: bool) -> pl.DataFrame:
    judge, pattern = (judge_text, _TEXT_NUMBER) if free_text else (judge_code, _CODE_NUMBER)
    rest = suspects.filter(pl.col("plain").str.contains(pattern))
    found = [(text, rule) for text, plain in rest.iter_rows() for rule in judge(plain)]
    return pl.DataFrame(found, schema={"text": pl.String, "rule": pl.String}, orient="row")


def _fold(texts: pl.Series) -> pl.Series:
    """Return texts in NFKC, without invisible characters, with ASCII digits."""
    foreign = texts.str.contains(r"[^\x00-\x7f]")
    if not foreign.any():
        return texts
    digits = _native_digits()
    plain = pl.col("text").str.normalize("NFKC").str.replace_all(_INVISIBLE, "")
    folded = (
        texts.filter(foreign)
        .alias("text")
        .to_frame()
        .select(plain.str.replace_many(list(digits), list(digits.values())))
    )
    return texts.scatter(foreign.arg_true(), folded["text"])


@functools.cache
def _native_digits() -> Mapping[str, str]:
    """Return the ASCII digit for every other decimal digit of Unicode."""
    signs = (chr(code) for code in range(128, sys.maxunicode + 1))
    return {sign: str(unicodedata.digit(sign)) for sign in signs if unicodedata.category(sign) == "Nd"}
