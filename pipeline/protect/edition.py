"""One edition, from what it counts to what may be seen: judge, round, audit, hide until nothing is exposed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
import polars as pl

from pipeline.contract import NATIONAL, Contract
from pipeline.errors import JawabdehiError
from pipeline.protect.assemble import Assembly, assemble
from pipeline.protect.audit import audit_targets
from pipeline.protect.corrections import carries_freely, count_anew, find_former, hold_back, make_figures
from pipeline.protect.counted import CELL, Counted
from pipeline.protect.linked import Exposure, Target
from pipeline.protect.model import Key
from pipeline.protect.plan import Plan
from pipeline.protect.primary import COMPLEMENTARY, hide_what_follows
from pipeline.protect.stack import Stack, judge_edition, stack_editions
from pipeline.protect.suppress import choose_hidden
from pipeline.protect.targets import find_seeming, list_targets

TIME_LIMIT = 6 * 3600.0
"""Seconds for all audits of a draft; what is not audited by then is not published. A month takes seconds, the end of
a year minutes, a correction of a closed year up to hours: all its months and editions hang together."""

_MOST_ROUNDS = 60

Form = tuple[frozenset[tuple[Key, float]], float, float]
"""What a target asks: its cells by name with their weights, and both bars."""


class ExposedError(JawabdehiError):
    """Something small can be found out and nothing is left to hide."""

    def __init__(self) -> None:
        super().__init__(
            "No edition can be made: small counts could be found out whatever is hidden. "
            "Take a table out of the publication plan and make the draft again."
        )


@dataclass(frozen=True)
class Verdict:
    """What one audit found: how many targets it looked at, what is exposed, by how much the tightest target is safe.

    Beside what is proven, `exposures` hold what only seems so to whoever takes carried figures for new ones.
    `judged` is every planned cell with count, persons, `dominant` and `reason`: why the primary rules, or in a draft
    being made the audits so far, do not show it. `standing` were exposed before the draft and are no more so with
    it: nothing that the draft shows has a part in their proof. They can come of withdrawals, when fewer persons are
    left than once were counted. `safe` names what need not be audited again once more is hidden.
    """

    judged: pl.DataFrame
    targets: int
    exposures: tuple[Exposure, ...]
    standing: tuple[Exposure, ...]
    slack: float
    slack_is_least: bool
    tightest: object
    safe: frozenset[Form]
    assembly: Assembly


@dataclass(frozen=True)
class Protected:
    """What may be seen of an edition, and why the rest may not.

    `figures` (FIGURES_SCHEMA) are for publication; `cells` (CELLS_SCHEMA), the exact ones, and `verdict`, that of the
    last audit, are not. `rounds` is how often something was hidden for the sake of others.
    """

    figures: pl.DataFrame
    cells: pl.DataFrame
    verdict: Verdict
    rounds: int


def protect_edition(
    draft: Counted,
    history: Sequence[Counted],
    plan: Plan,
    contract: Contract,
    *,
    consents: Collection[str],
    time_limit: float = TIME_LIMIT,
) -> Protected:
    """Return what may be seen of a draft beside all that was published before.

    Where the audit finds something exposed, the figures are hidden that break its proofs and stand for the fewest
    incidents; then all is audited again. Raises ExposedError where nothing is left to hide, AuditError where an audit
    did not come to its end.
    """
    draft = replace(draft, consents=frozenset(consents))
    stack = stack_editions(draft, history, plan, contract)
    former = find_former(draft, stack)
    judged = judge_edition(draft, stack)
    end = monotonic() + time_limit
    if former is not None:
        judged = count_anew(draft, former, judged, stack)
    if any(each.month != draft.month for each in stack.editions):
        judged = _settle_month(draft, former, judged, stack, end)
    return _settle(draft, former, judged, stack, end)


def _settle_month(
    draft: Counted, former: Counted | None, judged: pl.DataFrame, stack: Stack, end: float
) -> pl.DataFrame:
    """Return judged cells of which the month's own could be published beside its former editions alone.

    Most of what must be hidden, or carried forward, is found here, on a small model.
    """
    families = tuple(family for family in stack.plan.families if family.grain == "month")
    own = tuple(each for each in stack.editions if each.month == draft.month)
    alone = replace(stack, editions=own, plan=replace(stack.plan, families=families))
    of_month = judged.filter(period=draft.month)
    settled = _settle(draft, former, of_month, alone, end).verdict.judged
    both = pl.concat([settled, judged.join(of_month, on=CELL, how="anti")])
    return _keep_breakdowns(both, stack.plan, is_first=former is None)


def _settle(
    draft: Counted, former: Counted | None, judged: pl.DataFrame, stack: Stack, end: float
) -> Protected:
    """Audit and hide in turn until nothing is exposed."""
    safe: frozenset[Form] = frozenset()
    figures = make_figures(draft, former, judged, stack)
    for rounds in range(_MOST_ROUNDS):
        verdict = _audit(stack, draft, judged, figures, end - monotonic(), safe=safe)
        if not verdict.exposures:
            cells = judged.filter(pl.col("count") > 0).select(*CELL, "count", "persons")
            return Protected(figures, cells, verdict, rounds)
        judged = _hide(verdict, stack.plan, is_first=former is None)
        before, figures = figures, make_figures(draft, former, judged, stack)
        # Hiding a figure narrows no range, while carrying one forward may, since it ties two editions together.
        is_free = former is None or carries_freely(before, figures, stack.plan)
        safe = verdict.safe if is_free else frozenset()
    raise ExposedError


def audit_edition(
    draft: Counted,
    figures: pl.DataFrame,
    history: Sequence[Counted],
    plan: Plan,
    contract: Contract,
    *,
    time_limit: float = TIME_LIMIT,
) -> Verdict:
    """Audit a draft that shows `figures` (FIGURE_COLUMNS and `as_of`) beside all that was published before."""
    stack = stack_editions(draft, history, plan, contract)
    return _audit(stack, draft, judge_edition(draft, stack), figures, time_limit, slack=plan.rounding_base)


def _audit(
    stack: Stack,
    draft: Counted,
    judged: pl.DataFrame,
    figures: pl.DataFrame,
    time_limit: float,
    *,
    slack: float = 0.0,
    safe: frozenset[Form] = frozenset(),
) -> Verdict:
    assembly = assemble(stack, draft, figures)
    forms = {
        _name_form(each, assembly): each for each in list_targets(stack, assembly, draft, judged, figures)
    }
    targets = [each for form, each in forms.items() if form not in safe]
    lower, upper = assembly.model.limits()
    audit = audit_targets(
        assembly.model.tables(), lower, upper, targets, time_limit=time_limit, slack=slack, exact=False
    )
    exposed = {each.target.name for each in audit.exposures}
    seeming = find_seeming(forms.values(), assembly.face)
    found = {each.target.name: each for each in (*seeming, *audit.exposures)}
    standing = tuple(each for each in audit.exposures if not _list_cuts(each, assembly))
    if standing and len(stack.editions) == 1:
        raise ExposedError
    return Verdict(
        judged=judged,
        targets=len(forms),
        exposures=tuple(each for each in found.values() if _list_cuts(each, assembly)),
        standing=standing,
        slack=audit.slack,
        slack_is_least=audit.slack_is_least,
        tightest=audit.tightest,
        safe=frozenset(form for form, each in forms.items() if each.name not in exposed),
        assembly=assembly,
    )


def _name_form(target: Target, assembly: Assembly) -> Form:
    """Name what a target asks, by the names of its cells: their numbers change from one model to the next."""
    names = assembly.names
    parts = frozenset(
        (names[cell], weight) for cell, weight in zip(target.cells, target.weights, strict=True)
    )
    return parts, target.low, target.high


def _list_cuts(exposure: Exposure, assembly: Assembly) -> list[dict[int, float]]:
    """Return the cells of each proof that the draft binds, of which one at least must be hidden to break it.

    A proof without such a cell stands without the draft. Where all of the draft's cells together would not break a
    proof, since others prove nearly as much, each of them may go.
    """
    cuts = [
        {cell: weight for cell, weight in proof.items() if cell in assembly.bound_by}
        for proof in exposure.proofs
    ]
    return [cut if sum(cut.values()) >= 1 else dict.fromkeys(cut, 1.0) for cut in cuts if cut]


def _count_lost() -> pl.Expr:
    """Return how many incidents are hidden with a figure: with a total all that hangs on it."""
    count = pl.col("count")
    everything = (
        pl.when(pl.col("geography") == NATIONAL).then(count.sum()).otherwise(count.sum().over("geography"))
    )
    return pl.when(pl.col("table") == "total").then(everything).otherwise(count)


def _hide(verdict: Verdict, plan: Plan, *, is_first: bool) -> pl.DataFrame:
    """Hide the figures of the draft that break every proof at the least cost in incidents."""
    judged, bound_by = verdict.judged, verdict.assembly.bound_by
    cuts = [cut for each in verdict.exposures for cut in _list_cuts(each, verdict.assembly)]
    costs = {row[:-1]: row[-1] for row in judged.select(*CELL, _count_lost()).iter_rows()}
    cost = np.ones(len(verdict.assembly.model.cells))
    for cell, names in bound_by.items():
        cost[cell] += max(costs[name] for name in names)
    chosen = sorted({name for cell in choose_hidden(cuts, cost) for name in bound_by[cell]})
    hidden = pl.DataFrame(chosen, schema=dict.fromkeys(CELL, pl.String), orient="row").with_columns(
        chosen=pl.lit(value=True)
    )
    marked = judged.join(hidden, on=CELL, how="left", validate="1:1")
    reason = pl.when("chosen").then(pl.lit(COMPLEMENTARY)).otherwise("reason")
    return _keep_breakdowns(marked.with_columns(reason=reason).drop("chosen"), plan, is_first=is_first)


def _keep_breakdowns(judged: pl.DataFrame, plan: Plan, *, is_first: bool) -> pl.DataFrame:
    """Hide what may not be published beside what is hidden; in a correction, leave such breakdowns as they were."""
    return hide_what_follows(judged, plan) if is_first else hold_back(judged, plan)
