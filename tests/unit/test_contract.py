"""The contract as it is read: folding, spellings, rules, fingerprint."""

import shutil

import pytest

from pipeline.contract import SCHEMAS, Code, CodeList, fold_digits, fold_spelling, load_contract


@pytest.fixture
def copy_of_schemas(tmp_path):
    return shutil.copytree(SCHEMAS, tmp_path / "schemas")


def list_of(*codes: Code) -> CodeList:
    return CodeList(name="made_up", codes={code.code: code for code in codes})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("West Bengal", "WEST-BENGAL"),
        ("Ｗest Bengal", "west bengal"),
        ("24 Parganas", "২৪ parganas"),
        ("ଓଡ\u0b3cିଶା", "ଓ\u0b5cିଶା"),
        ("छत्तीसग\u095d", "छत्तीसग\u0922\u093c"),
        ("ক\u200dথ", "কথ"),
    ],
)
def test_ways_to_write_the_same_name_fold_to_one(one, other):
    assert fold_spelling(one) == fold_spelling(other)


@pytest.mark.parametrize(("one", "other"), [("हाँ", "हा"), ("किल", "कल"), ("১", "২"), ("Raigarh", "Raigad")])
def test_different_names_stay_different(one, other):
    assert fold_spelling(one) != fold_spelling(other)


@pytest.mark.parametrize(
    "digits", ["0123456789", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "௦௧௨௩௪௫௬௭௮௯", "౦౧౨౩౪౫౬౭౮౯", "୦୧୨୩୪୫୬୭୮୯"]
)
def test_digits_of_every_script_become_ascii(digits):
    assert fold_digits(f"क{digits}²") == "क0123456789²"


def test_a_spelling_that_two_codes_of_one_place_share_names_neither():
    code_list = list_of(Code("A", "Alpha", ("same",)), Code("B", "Beta", ("Same",)))
    assert (None, "same") not in code_list.by_spelling
    assert code_list.by_spelling[None, "alpha"] == "A"


def test_a_spelling_is_sought_in_its_place_only():
    code_list = list_of(Code("1", "Twin", within="X"), Code("2", "Twin", within="Y"))
    assert code_list.by_spelling["X", "twin"] == "1"
    assert code_list.by_spelling["Y", "twin"] == "2"
    assert (None, "twin") not in code_list.by_spelling


def test_other_columns_of_a_list_are_kept_as_details():
    state = load_contract().code_lists["states"].codes["IN-WB"]
    assert state.details["lgd_code"] == "19"
    assert "label" not in state.details


def test_a_field_without_a_list_has_no_codes():
    with pytest.raises(KeyError):
        load_contract().codes_of("report_id")


def test_a_critical_expectation_quarantines_and_a_warning_warns():
    rules = load_contract().rules
    assert rules["missing_state"].severity == "quarantine"
    assert rules["incident_long_ago"].severity == "warn"
    assert rules["missing_state"].stage == "validate"


def test_rules_of_the_table_and_of_the_suites_stand_together():
    rules = load_contract().rules
    assert rules["report_id_reused"].stage == "link"
    assert all(rules[name].rule == name for name in rules)


def test_a_copy_of_the_folder_has_the_same_fingerprint(copy_of_schemas):
    assert load_contract(copy_of_schemas).fingerprint == load_contract().fingerprint


@pytest.mark.parametrize("changed", ["codes/yes_no.csv", "expectations/withdrawal.json", "rules.csv"])
def test_any_change_of_a_file_changes_the_fingerprint(copy_of_schemas, changed):
    path = copy_of_schemas / changed
    path.write_bytes(path.read_bytes() + b"\n")
    assert load_contract(copy_of_schemas).fingerprint != load_contract().fingerprint


def test_a_document_beside_the_contract_does_not_change_the_fingerprint(copy_of_schemas):
    (copy_of_schemas / "note.md").write_text("a note", encoding="utf-8")
    assert load_contract(copy_of_schemas).fingerprint == load_contract().fingerprint
