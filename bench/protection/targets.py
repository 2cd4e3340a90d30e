"""The reaches of disclosure control, and what was measured against each."""

import statistics
from collections.abc import Mapping
from typing import Any

_VISIBLE, _HIDDEN, _MEBIBYTES = 0.70, 3.0, 2_048
_SECONDS = {"month": 300, "quarter": 300, "year": 300, "wide": 60}


def compare(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one entry a reach: what, reach, measured (None where not run), met."""
    attacked, replayed, ours = (results.get(name) or {} for name in ("attack", "replays", "ours"))
    hidden = ours.get("hidden_for_others") or {}
    found = [
        _at_most("leaks that the attacker proves", 0, attacked.get("leaks")),
        _at_most("goals that the attacker leaves unsettled", 0, attacked.get("unsettled")),
        _at_most("withdrawals that teach an attribute", 0, (replayed.get("ours") or {}).get("taught_any")),
        _at_most("figures that withdrawals alone move", 0, (replayed.get("ours") or {}).get("figures_moved")),
        _at_least(
            "naive: leaks that the attacker proves", 1, (results.get("attack_naive") or {}).get("leaks")
        ),
        _at_least(
            "naive: withdrawals that teach, recomputed", 1, (replayed.get("rounded") or {}).get("taught_any")
        ),
        _at_least(
            "naive: withdrawals that teach, cell-key", 1, (replayed.get("noisy") or {}).get("taught_any")
        ),
        _at_least(
            "incidents visible, state by duty-bearer",
            _VISIBLE,
            (ours.get("visible") or {}).get("by_duty_bearer"),
        ),
    ]
    means = {table: counts["mean"] for table, counts in hidden.items()}
    found.append(
        _at_most(
            "hidden for others a month, mean of two-way tables",
            _HIDDEN,
            statistics.mean(means.values()) if means else None,
        )
    )
    found += [_at_most(f"hidden for others a month, {table}", _HIDDEN, mean) for table, mean in means.items()]
    for name, says in (
        *((closes, f"last of 24 months to close a {closes}") for closes in ("month", "quarter", "year")),
        ("wide", "36 states, 10 duty-bearers, 12 kinds"),
    ):
        cost = (results.get("speed") or {}).get(name) or {}
        found.append(_at_most(f"{says}, seconds", _SECONDS[name], cost.get("seconds")))
        found.append(_at_most(f"{says}, peak MiB", _MEBIBYTES, cost.get("peak_mib")))
    return found


def _at_most(what: str, reach: float, measured: float | None) -> dict[str, Any]:
    met = None if measured is None else measured <= reach
    return {"what": what, "reach": f"at most {reach:,}", "measured": measured, "met": met}


def _at_least(what: str, reach: float, measured: float | None) -> dict[str, Any]:
    met = None if measured is None else measured >= reach
    return {"what": what, "reach": f"at least {reach:,}", "measured": measured, "met": met}
