"""The results as plain tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.table import draw_targets


def draw(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all tables."""
    machine = results["machine"]
    yield (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}, load before {machine['load_before']}"
    )
    yield (
        f"{results['months']} months of about {results['incidents']:,} incidents, {results['editions']} editions, "
        f"{results['withdrawn']} withdrawals in between"
    )
    yield from _draw_peers(results.get("peers") or [])
    yield from _draw_ours(results.get("ours") or {})
    yield from _draw_attacks(results)
    yield from _draw_replays(results.get("replays") or {})
    yield from draw_targets(results["targets"])


def _draw_peers(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"{'table':12}{'cells':>8}{'primary':>9}{'ours':>16}{'modular':>16}{'optimal':>16}"
    for row in rows:
        costs = (row[name] for name in ("ours", "modular", "optimal"))
        words = ("" if cost is None else f"{cost['cells']:,} in {cost['seconds']:.1f} s" for cost in costs)
        yield f"{row['kind']:12}{row['size']:>8,}{row['primaries']:>9,}" + "".join(
            f"{each:>16}" for each in words
        )


def _draw_ours(ours: Mapping[str, Any]) -> Iterator[str]:
    if not ours:
        return
    yield ""
    yield f"Seconds an edition: median {ours['seconds_median']}, most {ours['seconds_most']}"
    yield "Share of incidents in shown cells of states, first editions:"
    for table, share in ours["visible"].items():
        yield f"  {table:32}{share:>8.1%}"
    for table, counts in (ours.get("hidden_for_others") or {}).items():
        yield f"  hidden for others, {table:30}mean {counts['mean']:>5}, most {counts['most']:>4}"


def _draw_attacks(results: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        f"{'attack on':12}{'leaks':>8}{'differences':>13}{'goals':>10}{'unsettled':>11}{'programs':>10}"
        f"{'seconds':>9}"
    )
    for name, of in (("ours", "attack"), ("naive", "attack_naive")):
        found = results.get(of)
        if found:
            yield (
                f"{name:12}{found['leaks']:>8,}{found['differences']:>13,}{found['goals']:>10,}"
                f"{found['unsettled']:>11,}{found['programs']:>10,}{found['seconds']:>9,.0f}"
            )
            for kind, number in found["leaks_by_kind"].items():
                yield f"    {kind}: {number:,}"


def _draw_replays(replays: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        f"{'withdrawals':12}{'replayed':>10}{'teach':>8}{'state':>8}{'bearer':>8}{'service':>9}{'kind':>7}"
        f"{'moved':>8}"
    )
    for name, found in replays.items():
        taught = found["taught"]
        yield (
            f"{name:12}{found['withdrawals']:>10,}{found['taught_any']:>8,}{taught['state']:>8,}"
            f"{taught['duty_bearer']:>8,}{taught['service']:>9,}{taught['incident_kind']:>7,}"
            f"{found['figures_moved']:>8,}"
        )
