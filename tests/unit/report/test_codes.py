"""`codes.csv` has words for every code in the figures, and tells nothing of what is published."""

import csv
import io

import pytest

from pipeline.contract import Code, CodeList, load_contract
from pipeline.report.codes import encode_codes, list_codes_used, list_sources
from pipeline.report.figures import FiguresFormatError


def read_codes(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def list_used(frame) -> set[tuple[str, str]]:
    """Return every pair of a column or dimension and a code that stands in figures."""
    columns = ("table", "geography", "measure", "status")
    used = {(column, code) for column in columns for code in frame[column].unique()}
    for number in (1, 2):
        used |= set(frame.select(f"dimension_{number}", f"code_{number}").drop_nulls().unique().iter_rows())
    return used


@pytest.mark.parametrize("month", ["2026-10", "2026-12"])
def test_every_code_of_the_real_lists_has_words_and_stands_there_once(month, make_frame, make_figures):
    contract = load_contract()
    frame = make_frame(contract, share_shown=0.5, month=month)
    rows = read_codes(encode_codes(list_codes_used(make_figures(frame), contract)))
    assert all(row["label"] for row in rows)
    pairs = [(row["dimension"], row["code"]) for row in rows]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == list_used(frame)


def test_codes_are_the_same_whatever_is_published(contract, make_frame, make_figures):
    columns = ("table", "geography", "measure", "service", "district")
    some, all_of_them, none_at_all = (
        [
            row
            for row in read_codes(
                encode_codes(
                    list_codes_used(
                        make_figures(make_frame(contract, share_shown=share, month="2026-12")), contract
                    )
                )
            )
            if row["dimension"] in columns
        ]
        for share in (0.5, 1, 0)
    )
    assert some == all_of_them == none_at_all != []


def test_codes_of_one_dimension_stand_in_the_order_of_their_list(contract, make_frame, make_figures):
    figures = make_figures(make_frame(contract, share_shown=0.5))
    rows = list_codes_used(figures, contract).rows()
    offices = [code for dimension, code, _, _ in rows if dimension == "duty_bearer"]
    assert offices == list(contract.code_lists["duty_bearers"].codes)


def test_a_measure_is_said_in_full(contract, make_frame, make_figures):
    rows = list_codes_used(make_figures(make_frame(contract, share_shown=0.5)), contract).rows()
    labels = {code: label for dimension, code, label, _ in rows if dimension == "measure"}
    assert labels["incidents"] == "Incidents"
    assert labels["rows_held"] == "Rows: held back"
    assert labels["incidents_if_doubtful_are_one"].startswith("Incidents: if all doubtful reports tell of")


@pytest.mark.parametrize(
    ("column", "code"), [("measure", "deaths"), ("table", "by_caste"), ("code_1", "NONE")]
)
def test_a_code_without_words_is_refused(column, code, contract, make_frame, make_figures):
    frame = make_frame(contract, share_shown=0)
    one = frame.filter(frame["table"] == "by_service").head(1)
    odd = one.with_columns(**{column: one[column].replace(one[column][0], code)})
    with pytest.raises(FiguresFormatError):
        list_codes_used(make_figures(frame.vstack(odd)), contract)


def test_notes_of_the_makers_of_a_list_of_places_are_not_published(contract, make_frame, make_figures):
    notes = {"description": "from memory", "type": "state"}
    state = Code("IN-WB", "West Bengal", details=notes)
    district = Code("319", "Malda", within="IN-WB", details=notes)
    contract.code_lists.update(
        states=CodeList("states", {"IN-WB": state}), districts=CodeList("districts", {"319": district})
    )
    figures = make_figures(make_frame(contract, share_shown=0, month="2026-12"))
    content = encode_codes(list_codes_used(figures, contract)).decode()
    assert "from memory" not in content
    assert "\ngeography,IN-WB,West Bengal,State\n" in content
    assert "\ndistrict,319,Malda,In West Bengal\n" in content


def test_a_hostile_label_stays_in_its_cell(make_contract, make_frame, make_figures):
    label = 'a "quoted",\r\nlabel\u202e,,\n'
    contract = make_contract(services={"FIR": label})
    figures = make_figures(make_frame(contract, share_shown=0.5))
    rows = read_codes(encode_codes(list_codes_used(figures, contract)))
    assert [row for row in rows if row["dimension"] == "service"] == [
        {"dimension": "service", "code": "FIR", "label": 'a "quoted", label,,', "description": ""}
    ]


def test_the_licences_of_the_lists_are_named_once_each(contract, make_frame, make_figures):
    figures = make_figures(make_frame(contract, share_shown=0))
    assert list_sources(figures, contract) == []
    real = load_contract()
    sources = list_sources(make_figures(make_frame(real, share_shown=0)), real)
    assert any(source.startswith("states: GODL-India") for source in sources)
    assert sources == sorted(set(sources))
