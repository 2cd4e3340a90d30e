"""Each reach of screening, and what was measured against it."""

from collections.abc import Mapping
from typing import Any

from bench.screening.wording import SCRIPTS

LEAST_RECALL = 0.99
MOST_FALSE_HOLDS = 0.01
LEAST_A_SECOND = 50_000
MOST_GROWTH = 6
"""Times that a cell four times as long may take: linear is 4, square is 16."""


def compare(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one entry a target: what, reach, measured (None where not run), met."""
    ours = results.get("ours")
    recall = [ours["by_script"][script]["recall"] for script in SCRIPTS.values()] if ours else [None]
    false = [ours["by_script"][script]["false_holds"] for script in SCRIPTS.values()] if ours else [None]
    kinds = [told["recall"] for told in ours["by_kind"].values()] if ours else [None]
    speed, growth = results.get("speed"), results.get("growth")
    return [
        _judge("recall in the script where it is lowest", LEAST_RECALL, min(recall), least=True),
        _judge("recall of the kind of identifier where it is lowest", LEAST_RECALL, min(kinds), least=True),
        _judge("false holds in the script where they are most", MOST_FALSE_HOLDS, max(false)),
        _judge(
            "narratives a second, two cores", LEAST_A_SECOND, speed and speed["ours"]["a_second"], least=True
        ),
        _judge("time of a cell four times as long, the worst", MOST_GROWTH, growth and max(growth.values())),
    ]


def _judge(what: str, reach: float, measured: float | None, *, least: bool = False) -> dict[str, Any]:
    met = None if measured is None else (measured >= reach if least else measured <= reach)
    return {
        "what": what,
        "reach": f"at {'least' if least else 'most'} {reach:,}",
        "measured": measured,
        "met": met,
    }
