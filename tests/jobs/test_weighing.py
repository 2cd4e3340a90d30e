"""New weights are proposed once reviewers have settled enough, written beside the old ones, and used by nobody."""

from itertools import product
from pathlib import Path

import pytest

from pipeline import jobs
from pipeline.errors import JawabdehiError
from pipeline.jobs import weighing
from pipeline.jobs.weighing import learn_from_worlds, propose_weights
from pipeline.link.weights import load_weights, newest_weights
from pipeline.worlds import KEPT
from pipeline.worlds.lessons import Lesson

LESSONS = [Lesson("kept", KEPT, seed, 300) for seed in (4901, 4902)]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by one small world, and fit for a moment."""
    monkeypatch.setattr(weighing, "list_held_back", lambda: [Lesson("kept", KEPT, 4903, 300)])
    learn = weighing.learn_tables
    monkeypatch.setattr(
        weighing, "learn_tables", lambda pairs, weights, processes: learn(pairs, weights, rounds=60)
    )


@pytest.fixture
def settled(october, make_report, linker) -> int:
    """Four reports of which every pair is doubtful, and decided by two reviewers."""
    october.send_reports("UTTHAN", *(make_report(f"U-{number}", office="doubt 1") for number in range(4)))
    october.collect()
    names = [line.split()[0] for line in jobs.list_doubtful(october.settings) if line.count("UTTHAN") == 2]
    for name, reviewer in product(names, ("Asha", "Meena")):
        jobs.decide_pair(october.settings, name, "apart", reviewer)
    return len(names)


def test_a_proposal_waits_for_two_hundred_pairs_on_which_two_reviewers_agree(october) -> None:
    jobs.prepare(october.settings)
    with pytest.raises(JawabdehiError, match="agree on 0 pairs so far: a proposal needs 200"):
        propose_weights(october.settings, lambda _line: None)


def test_a_proposal_learns_from_settled_pairs_and_changes_nothing_by_itself(
    october, settled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settled == 6
    monkeypatch.setattr(weighing, "ENOUGH_REVIEWED", settled)
    present, said = newest_weights(), []
    before = present.read_bytes()
    path = propose_weights(october.settings, said.append, lessons=LESSONS)
    assert path == october.settings.home / "proposals" / "weights-v2.json"
    proposed = load_weights(path)
    assert proposed.version == "v2"
    assert proposed.comparisons != load_weights().comparisons
    assert newest_weights() == present
    assert present.read_bytes() == before
    told = "\n".join(said)
    assert "v1" in told
    assert "v2" in told
    assert "kept: precision" in told
    assert "settled pairs" in told
    assert "accept it" in told


def test_the_first_weights_can_be_learned_again_from_worlds_alone(tmp_path: Path) -> None:
    said: list[str] = []
    path = learn_from_worlds(tmp_path, said.append, lessons=LESSONS)
    assert "2 made-up worlds and 0 pairs" in path.read_text(encoding="utf-8")
    assert not any("settled pairs" in line for line in said if "two reviewers" not in line)
