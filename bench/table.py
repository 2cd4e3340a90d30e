"""The results as plain tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any


def draw(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all tables."""
    machine = results["machine"]
    yield (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}, load before {machine['load_before']}"
    )
    for measured in results["steps"]:
        yield from _draw_steps(measured)
    for month in results["months"]:
        yield ""
        yield (
            f"{month['reports']:,} reports through Airflow: {month['real_seconds']} s, with empty tasks "
            f"{month['empty_seconds']} s, {month['ratio']} times; first run on a new home "
            f"{month['cold_seconds']} s"
        )
    if pages := results["pages"]:
        yield ""
        yield (
            f"{pages['documents']} documents of {pages['geographies']} places on {pages['processes']} processes: "
            f"{pages['seconds']} s; {pages['peer']}: {pages['peer_seconds']} s, {pages['ratio']} times"
        )
    yield from draw_targets(results["targets"])


def _draw_steps(measured: Mapping[str, Any]) -> Iterator[str]:
    floor = measured["floor_seconds"]
    yield ""
    yield f"{measured['rows']:,} rows in {measured['returns']} returns"
    yield f"{'':12}{'seconds':>10}{'rows/s':>12}{'x floor':>10}{'MiB':>8}{'MiB PostgreSQL':>16}"
    for name, cost in measured["steps"].items():
        yield (
            f"{name:12}{cost['seconds']:>10.2f}{cost['rows_per_second']:>12,}"
            f"{cost['seconds'] / floor:>10.1f}{cost['peak_mib']:>8,}{cost['peak_postgresql_mib']:>16,}"
        )
    total = measured["to_figures_seconds"]
    yield (
        f"{'to figures':12}{total:>10.2f}{measured['rows'] / total:>12,.0f}{total / floor:>10.1f}"
        f"{measured['peak_mib']:>8,}{measured['peak_postgresql_mib']:>16,}"
    )
    yield f"{'floor':12}{floor:>10.2f}{measured['rows'] / floor:>12,.0f}{1:>10.1f}"
    yield (
        f"Import of Great Expectations, once a process: {measured['import_seconds']} s; "
        f"with it {measured['times_floor']} times the floor."
    )


def draw_targets(targets: list[Mapping[str, Any]]) -> Iterator[str]:
    """Draw what was to be reached, what was measured, and whether that meets it."""
    words = {True: "yes", False: "NO", None: "not run"}
    yield ""
    yield f"{'target':56}{'reach':>16}{'measured':>11}{'met':>9}"
    for target in targets:
        measured = "" if target["measured"] is None else f"{target['measured']:,.2f}"
        yield f"{target['what']:56}{target['reach']:>16}{measured:>11}{words[target['met']]:>9}"
