"""What screening finds on a made-up corpus: enough in every script, next to nothing that leads to nobody."""

import random

import polars as pl
import pytest

from bench.screening.corpus import make_corpus
from bench.screening.scores import add_verdicts, list_misses, sum_up
from bench.screening.targets import LEAST_RECALL, MOST_FALSE_HOLDS
from bench.screening.wording import CLEAN, HALVES, SCRIPTS
from pipeline.screening.folding import fold, mask_public
from pipeline.screening.scan import find_personal_data
from pipeline.screening.verdicts import LOOKS, judge_text


@pytest.fixture(scope="module", params=HALVES)
def judged(request: pytest.FixtureRequest) -> pl.DataFrame:
    corpus = make_corpus(request.param, seed=77, clean=300, each=50).unique("text", maintain_order=True)
    return add_verdicts(corpus, find_personal_data(corpus["text"], free_text=True))


def test_identifiers_are_found_in_every_script(judged: pl.DataFrame) -> None:
    by_script = sum_up(judged)["by_script"]
    missed = list_misses(judged)["text"].to_list()
    assert min(by_script[script]["recall"] for script in SCRIPTS.values()) >= LEAST_RECALL, missed


def test_identifiers_of_every_kind_are_found(judged: pl.DataFrame) -> None:
    by_kind = {kind: told["recall"] for kind, told in sum_up(judged)["by_kind"].items()}
    assert min(by_kind.values()) >= LEAST_RECALL, by_kind


def test_identifiers_are_found_in_ascii_digits_in_native_and_in_mixed_ones(judged: pl.DataFrame) -> None:
    by_digits = {digits: told["recall"] for digits, told in sum_up(judged)["by_digits"].items()}
    assert by_digits.keys() == {"ascii", "native", "other"}
    assert min(by_digits.values()) >= LEAST_RECALL, by_digits


def test_narratives_that_lead_to_nobody_are_left_alone(judged: pl.DataFrame) -> None:
    by_script = sum_up(judged)["by_script"]
    assert max(by_script[script]["false_holds"] for script in SCRIPTS.values()) <= MOST_FALSE_HOLDS


def test_what_is_found_in_a_text_is_found_inside_a_longer_narrative_of_any_script(
    judged: pl.DataFrame,
) -> None:
    chance = random.Random(9)
    clean = judged.filter((pl.col("kind") == CLEAN) & ~pl.col("held"))["text"].to_list()
    texts = judged.filter(pl.col("held"))["text"].sample(2_000, seed=2).to_list()
    inside = [
        chance.choice((" ", "\n")).join((chance.choice(clean), text, chance.choice(clean))) for text in texts
    ]
    alone, found = rules_by_text(texts), rules_by_text(inside)
    lost = [whole for text, whole in zip(texts, inside, strict=True) if alone[text] - found.get(whole, set())]
    assert lost == []


def test_looking_through_columns_leaves_out_nothing_that_judging_each_text_finds(
    judged: pl.DataFrame,
) -> None:
    texts = judged["text"].sample(2_000, seed=1)
    found = rules_by_text(texts.to_list())
    one_by_one = {
        text: judge_text(masked, tuple(LOOKS))
        for text, masked in zip(texts, mask_public(fold(texts)), strict=True)
    }
    assert [text for text, rules in one_by_one.items() if rules - found.get(text, set())] == []


def rules_by_text(texts: list[str]) -> dict[str, set[str]]:
    rules: dict[str, set[str]] = {}
    for text, rule in find_personal_data(pl.Series(texts), free_text=True).iter_rows():
        rules.setdefault(text, set()).add(rule)
    return rules
