"""The results as plain tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.screening.wording import SCRIPTS

_NAMES = {
    "ours": "Our screening",
    "presidio": "Presidio, all scores",
    "presidio_sure": "Presidio, scores from 0.3 on",
}


def draw(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all tables."""
    machine = results["machine"]
    yield (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}, load before "
        f"{machine['load_before']}; sentences: {results['half']}, seed {results['seed']}"
    )
    for name, says in _NAMES.items():
        if name in results:
            yield from draw_scores(says, results[name])
    yield from _draw_speed(results)
    yield from _draw_targets(results["targets"])


def _draw_speed(results: Mapping[str, Any]) -> Iterator[str]:
    if "speed" in results:
        speed = results["speed"]
        yield ""
        yield (
            f"{speed['ours']['a_second']:,} narratives a second of {speed['bytes_a_narrative']} bytes, "
            f"{speed['ours']['a_second_of_a_core']:,} a second of a core, {speed['ours']['cores_had']} cores had; "
            f"{speed['ours_on_worlds']['a_second']:,} of made-up worlds; "
            f"Presidio {speed['presidio']['a_second']:,} and {speed['presidio']['a_second_of_a_core']:,}: "
            f"{speed['times_peer']} and {speed['times_peer_on_a_core']} times"
        )
    if "growth" in results:
        yield "time of a cell four times as long: " + ", ".join(
            f"{name} {times}" for name, times in results["growth"].items()
        )


def _draw_targets(targets: list[Mapping[str, Any]]) -> Iterator[str]:
    words = {True: "yes", False: "NO", None: ""}
    yield ""
    yield f"{'target':55}{'reach':>20}{'measured':>12}{'met':>6}"
    for target in targets:
        measured = "not run" if target["measured"] is None else f"{target['measured']:,}"
        yield f"{target['what']:55}{target['reach']:>20}{measured:>12}{words[target['met']]:>6}"


def draw_scores(name: str, scores: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tables of one contestant."""
    yield ""
    yield (
        f"{name}: {scores['narratives']:,} narratives, recall {_tell(scores['recall'])}, named rightly "
        f"{_tell(scores['named'])}, false holds {_tell(scores['false_holds'])} of clean ones"
    )
    yield f"{'recall by kind':16}{'all':>10}{'named':>10}" + "".join(
        f"{script:>12}" for script in SCRIPTS.values()
    )
    for kind, told in scores["by_kind"].items():
        scripts = "".join(f"{_tell(told['by_script'][script]):>12}" for script in SCRIPTS.values())
        yield f"{kind:16}{_tell(told['recall']):>10}{_tell(told['named']):>10}{scripts}"
    every = "".join(f"{_tell(scores['by_script'][script]['recall']):>12}" for script in SCRIPTS.values())
    false = "".join(f"{_tell(scores['by_script'][script]['false_holds']):>12}" for script in SCRIPTS.values())
    yield f"{'all':16}{_tell(scores['recall']):>10}{_tell(scores['named']):>10}{every}"
    yield f"{'false holds':16}{_tell(scores['false_holds']):>10}{'':>10}{false}"
    for split in ("by_digits", "by_way"):
        yield ", ".join(f"{value} {_tell(told['recall'])}" for value, told in scores[split].items())
    yield ", ".join(
        f"{rule} {_tell(told['precision'])} ({told['false']} false)"
        for rule, told in scores["by_rule"].items()
    )


def _tell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
