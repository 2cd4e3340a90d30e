"""`codes.csv`: every code that stands in `figures.csv`, with its words, so that a reader needs no other list.

Which codes these are tells nothing of the counts: `figures.csv` has every planned cell, shown or not.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.contract import NATIONAL, Code, CodeList, Contract
from pipeline.language import clean_label
from pipeline.report import outline
from pipeline.report.columns import CODES_COLUMNS, STATUSES
from pipeline.report.figures import Figures, FiguresFormatError

FILE_NAME = "codes.csv"

_INCIDENTS = {"incidents": ("Incidents", "what happened, once however many reports tell of it")}

_UNITS = {"collectives": "Collectives", "rows": "Rows"}

_Row = tuple[str, str, str, str]


def list_codes_used(figures: Figures, contract: Contract) -> pl.DataFrame:
    """Return the codes of `figures` with the columns dimension, code, label, description, all of them text.

    First come the codes of the columns table, geography, measure and status, then those of each dimension by name;
    within one, in the order in which pages show them. Raises FiguresFormatError where a code has no words.
    """
    rows = [
        *_pick("table", {words.table: _word_table(words) for words in outline.TABLES}, figures),
        *_list_geographies(figures, contract),
        *_pick("measure", _word_measures(), figures),
        *_pick("status", STATUSES, figures),
    ]
    for dimension, (codes, used) in _find_dimensions(figures, contract).items():
        rows += [
            (dimension, code.code, clean_label(code.label), _describe(code, contract))
            for code in _order(codes, used)
        ]
    names = [column.name for column in CODES_COLUMNS]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def encode_codes(codes: pl.DataFrame) -> bytes:
    """Return `codes.csv`: UTF-8, LF, RFC 4180."""
    # Blank, and not a quoted nothing, where there is no description.
    blank = codes.with_columns(pl.all().replace("", None))
    return blank.write_csv(line_terminator="\n", null_value="").encode()


def list_sources(figures: Figures, contract: Contract) -> list[str]:
    """Return the licences under which the code lists of `figures` were taken, each after the name of its list."""
    lists = [codes for codes, _ in _find_dimensions(figures, contract).values()]
    return sorted(
        {
            f"{codes.name.replace('_', ' ')}: {clean_label(licence)}"
            for codes in [contract.code_lists["states"], *lists]
            for code in codes.codes.values()
            if (licence := code.details.get("licence"))
        }
    )


def _pick(column: str, words: Mapping[str, tuple[str, str]], figures: Figures) -> Iterator[_Row]:
    used = set(figures.frame[column].unique())
    if not used <= words.keys():
        raise FiguresFormatError(f"its column {column} has a code without words")
    return ((column, code, *said) for code, said in words.items() if code in used)


def _word_table(words: outline.TableWords) -> tuple[str, str]:
    if words.inner:
        # Its own note tells what a page lists; the file has every combination.
        notes = [table.overlap for table in outline.TABLES if table.codes == words.inner]
    else:
        notes = [words.note, words.overlap]
    return words.title, " ".join(filter(None, notes))


def _word_measures() -> dict[str, tuple[str, str]]:
    """Say what is counted in full, since a measure stands here without the heading of its table."""
    said = {
        measure: (_say_unit(measure, label), meaning)
        for measure, (label, meaning) in outline.MEASURES.items()
    }
    return _INCIDENTS | said


def _say_unit(measure: str, label: str) -> str:
    if measure in outline.RANGE_MEASURES:
        return f"Incidents: {_lower(outline.RANGE.heading)} {label}"
    unit = _UNITS.get(measure.partition("_")[0])
    return f"{unit}: {_lower(label)}" if unit else label


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _list_geographies(figures: Figures, contract: Contract) -> Iterator[_Row]:
    states = contract.code_lists["states"]
    used = set(figures.frame["geography"].unique())
    if NATIONAL in used:
        yield "geography", NATIONAL, outline.NATION, ""
    for code in _order(states, used - {NATIONAL}):
        # The column description of places holds notes of those who made the list.
        yield "geography", code.code, clean_label(code.label), code.details.get("type", "").capitalize()


def _find_dimensions(figures: Figures, contract: Contract) -> dict[str, tuple[CodeList, set[str]]]:
    """Return the code list and the codes of each dimension, in the order of their names."""
    lists = {words.table: (words.codes, words.inner) for words in outline.TABLES}
    found: dict[str, tuple[CodeList, set[str]]] = {}
    for number in (1, 2):
        columns = figures.frame.select("table", f"dimension_{number}", f"code_{number}").drop_nulls().unique()
        for table, dimension, code in columns.iter_rows():
            name = lists.get(table, ("", ""))[number - 1]
            if name not in contract.code_lists:
                raise FiguresFormatError("it has a dimension without a code list")
            found.setdefault(dimension, (contract.code_lists[name], set()))[1].add(code)
    return dict(sorted(found.items()))


def _order(codes: CodeList, used: set[str]) -> list[Code]:
    if not used <= codes.codes.keys():
        raise FiguresFormatError(f"it has a code that the list {codes.name} does not have")
    return [code for name, code in codes.codes.items() if name in used]


def _describe(code: Code, contract: Contract) -> str:
    if code.within is None:
        return clean_label(code.details.get("description", ""))
    # Districts of two states can share a name. What else the list says of them are notes of those who made it.
    state = contract.code_lists["states"].codes.get(code.within)
    return f"In {clean_label(state.label)}" if state else ""
