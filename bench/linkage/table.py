"""The results as plain tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

_MEASURES = ("precision", "recall", "f1", "b3", "recall_with_review", "review_share")
_SLICES = ("cross_language", "month_only", "repeat_incidents", "missing_token", "group_visits")


def draw(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all tables."""
    machine = results["machine"]
    yield (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}, load before "
        f"{machine['load_before']}; weights {results['weights']}"
    )
    for setting, methods in results["settings"].items():
        yield from _draw_setting(setting, methods)
    yield from _draw_public(results["public"])
    yield from _draw_speed(results["speed"])
    yield from _draw_targets(results["targets"])


def _draw_setting(setting: str, methods: Mapping[str, Any]) -> Iterator[str]:
    if not methods:
        return
    first = next(iter(methods.values()))
    heads = ("precision", "recall", "F1", "B3", "reviewed", "in review")
    yield ""
    yield f"{setting}: {first['months']} months, {first['reports']:,} reports"
    yield f"{'':34}{''.join(f'{head:>11}' for head in heads)}{'F1 interval':>14}{'s/month':>9}{'MiB':>7}"
    for method in methods.values():
        measured = "".join(f"{_tell(method['measures'][name]):>11}" for name in _MEASURES)
        interval = "-".join(f"{edge:.3f}" for edge in method["intervals"].get("f1", ()))
        yield f"{method['says']:34}{measured}{interval:>14}{method['seconds_a_month']:>9.2f}{method['peak_mib']:>7,}"
    if "recall_when_precise" in methods.get("ceiling", {}):
        yield f"Gradient boosting, recall at precision .98: {methods['ceiling']['recall_when_precise']:.3f}"
    yield f"{'precision / recall in slices':34}{''.join(f'{name:>18}' for name in _SLICES)}"
    for method in methods.values():
        scores = [method["slices"][name] for name in _SLICES]
        told = "".join(
            f"{_tell(score['precision'])} / {_tell(score['recall'])}".rjust(18) for score in scores
        )
        yield f"{method['says']:34}{told}"


def _draw_public(public: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in public:
        yield ""
        if "f1" not in one:
            yield f"{one['name']}: not present"
        else:
            yield (
                f"{one['name']}: {one['reports']:,} records, precision {one['precision']:.4f}, recall "
                f"{one['recall']:.4f}, F1 {one['f1']:.4f} (best seen {one['best_seen']}), {one['seconds']} s"
            )


def _draw_speed(speed: list[Mapping[str, Any]]) -> Iterator[str]:
    if not speed:
        return
    heads = ("reports", "seconds", "reports/s", "pairs each", "MiB", "exponent", "Splink s", "Splink MiB")
    yield ""
    yield "".join(f"{head:>12}" for head in heads)
    for one in speed:
        yield (
            f"{one['reports']:>12,}{one['seconds']:>12.2f}{one['reports_per_second']:>12,}"
            f"{one['pairs_per_report']:>12}{one['peak_mib']:>12,}{one.get('growth_exponent', ''):>12}"
            f"{one['peer_seconds'] or 'failed':>12}{one['peer_peak_mib'] or '':>12}"
        )


def _draw_targets(targets: list[Mapping[str, Any]]) -> Iterator[str]:
    words = {True: "yes", False: "NO", None: ""}
    yield ""
    yield f"{'target':50}{'reach':>18}{'measured':>12}{'interval':>18}{'met':>6}"
    for target in targets:
        measured = "not run" if target["measured"] is None else f"{target['measured']:,}"
        interval = " - ".join(f"{edge:.3f}" for edge in target["interval"] or ())
        yield f"{target['what']:50}{target['reach']:>18}{measured:>12}{interval:>18}{words[target['met']]:>6}"


def _tell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
