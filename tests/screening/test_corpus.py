"""The corpus by which screening is measured is made up, the same each time, and knows nothing of the rules."""

import ast
import json
import random
from collections import Counter
from pathlib import Path

import pytest
from stdnum import luhn, verhoeff
from stdnum.in_ import pan

import bench.screening
from bench.screening.corpus import make_corpus
from bench.screening.identifiers import make_identifier
from bench.screening.scores import RULES
from bench.screening.targets import LEAST_RECALL, MOST_FALSE_HOLDS
from bench.screening.wording import CLEAN, HALVES, LANGUAGES, list_kinds, load_sentences
from pipeline.contract import load_contract

CORPUS = ("corpus", "fillers", "identifiers", "wording", "writing")
FOLDER = Path(bench.screening.__file__).parent


@pytest.mark.parametrize("module", CORPUS)
def test_what_makes_the_corpus_imports_nothing_of_the_program_and_reads_no_schemas(module: str) -> None:
    source = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert "pipeline" not in imported
    assert "schemas" not in source


def test_the_same_seed_makes_the_same_corpus_and_another_seed_another() -> None:
    first, second, other = (make_corpus("tuning", seed=seed, clean=20, each=2) for seed in (4, 4, 5))
    assert first.equals(second)
    assert not first.equals(other)


def test_the_halves_share_no_sentence_and_each_has_every_kind_in_every_language() -> None:
    sentences = load_sentences()
    halves = [{one.text for one in sentences if one.half == half} for half in HALVES]
    assert not halves[0] & halves[1]
    wanted = {
        (half, language, kind) for half in HALVES for language in LANGUAGES for kind in (CLEAN, *list_kinds())
    }
    assert {(one.half, one.language, one.kind) for one in sentences} == wanted
    clean = Counter(one.language for one in sentences if one.kind == CLEAN)
    assert min(clean.values()) >= 40


def test_every_kind_has_a_rule_that_holds_a_row() -> None:
    assert set(RULES) == set(list_kinds())
    assert {load_contract().rules[rule].severity for rule in RULES.values()} == {"hold"}


def test_made_up_identifiers_have_the_check_digits_of_real_ones() -> None:
    chance = random.Random(3)
    for _ in range(50):
        assert verhoeff.is_valid("".join(make_identifier("aadhaar", chance)))
        assert luhn.is_valid("".join(make_identifier("card", chance)))
        assert pan.is_valid("".join(make_identifier("pan", chance)))


def test_the_kept_figures_are_of_the_half_that_is_held_back_and_of_sentences_as_they_are() -> None:
    kept = json.loads((FOLDER / "latest.json").read_text(encoding="utf-8"))
    assert kept["half"] == "held_back"
    assert set(kept["ours"]["by_kind"]) == set(list_kinds())
    assert kept["ours"]["recall"] >= LEAST_RECALL
    assert kept["ours"]["false_holds"] <= MOST_FALSE_HOLDS
