"""The editions that share incidents with a draft, and what is true of the cells of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipeline.contract import Contract
from pipeline.protect.counted import CELL, CELLS_SCHEMA, Counted
from pipeline.protect.evidence import EVIDENCE_SCHEMA, count_wholes, weigh_cells
from pipeline.protect.periods import last_month, list_months, name_period
from pipeline.protect.plan import Family, Plan, list_due, list_planned_cells
from pipeline.protect.primary import GROUP, GUARDED, judge_cells
from pipeline.protect.reach import LATE, PROVISION, Reach, find_telling, list_reaches
from pipeline.protect.tables import list_tables


@dataclass(frozen=True)
class Stack:
    """Editions that are audited together, in the order of their months and numbers, the draft among them."""

    editions: tuple[Counted, ...]
    plan: Plan
    contract: Contract

    @cached_property
    def judged(self) -> Mapping[tuple[str, int], pl.DataFrame]:
        """What the primary rules say now of the published editions; the same however often a draft is audited."""
        published = (each for each in self.editions if each.figures is not None)
        return {each.block: judge_edition(each, self) for each in published}

    @cached_property
    def reaches(self) -> Sequence[Reach]:
        """From which other codes it follows who can fall under each provision of the law."""
        return list_reaches(self.contract, self.plan)

    def find(self, month: str, number: int) -> Counted | None:
        """Return an edition, or None where the stack does not hold it."""
        found = (each for each in self.editions if each.block == (month, number))
        return next(found, None)

    def list_basis(self, edition: Counted, family: Family) -> list[Counted] | None:
        """Return the editions whose incidents a family of `edition` counts; None where a month of it is missing."""
        if family.grain == "month":
            return [edition]
        months = list_months(edition.month, family.grain)
        basis = [self.find(month, number) for month, number in edition.basis if month in months]
        basis = [edition if each and each.month == edition.month else each for each in basis]
        found = [each for each in basis if each is not None]
        return found if sorted(each.month for each in found) == months else None


def list_shared_months(month: str, published: Collection[str], plan: Plan) -> set[str]:
    """Return the months whose editions share incidents with a draft of `month`, given the months published so far."""
    months = {month}
    for grain in {family.grain for family in plan.families}:
        end = last_month(month, grain)
        if end == month or end in published:
            months |= set(list_months(end, grain))
    return months


def stack_editions(draft: Counted, history: Sequence[Counted], plan: Plan, contract: Contract) -> Stack:
    """Return the draft with the editions of `history` that share incidents with it.

    These are the editions of its own month, and those of the quarter and the year whose figures are published or in
    the draft. Other months count other incidents, and so no cell of theirs is tied to one of the draft.
    """
    months = list_shared_months(draft.month, {each.month for each in history}, plan)
    shared = [each for each in history if each.month in months]
    ordered = sorted([*shared, draft], key=lambda each: each.block)
    return Stack(tuple(ordered), plan, contract)


def judge_edition(edition: Counted, stack: Stack) -> pl.DataFrame:
    """Return the planned cells of an edition as the primary rules judge them from what is known now."""
    evidence, wholes = [EVIDENCE_SCHEMA.to_frame()], []
    for family in list_due(stack.plan, edition.month):
        incidents = merge_incidents(edition, family, stack)
        if family.unit == "incidents" and incidents is not None:
            period = name_period(edition.month, family.grain)
            evidence.append(weigh_cells(incidents, [family], stack.plan, period=period))
            wholes.append(count_wholes(incidents, [family], period=period))
    accounts = edition.accounts if edition.accounts is not None else CELLS_SCHEMA.to_frame()
    planned = list_planned_cells(stack.plan, stack.contract, month=edition.month)
    judged = judge_cells(
        pl.concat([*evidence, accounts], how="diagonal"),
        pl.concat(wholes),
        planned,
        stack.plan,
        consents=edition.consents,
    )
    return _hide_telling(judged, edition, stack)


def _hide_telling(judged: pl.DataFrame, edition: Counted, stack: Stack) -> pl.DataFrame:
    """Return the judged cells with those of provisions hidden beside which others would tell of few persons."""
    shown = judged.filter(reason="").filter(pl.col("dimension_1").is_in([PROVISION, LATE]))
    monthly = (table for table in list_tables(stack.plan, edition.month) if table.family.grain == "month")
    dimensions = list(dict.fromkeys(table.dimensions for table in monthly))
    telling = find_telling(edition.incidents, shown, stack.reaches, dimensions, stack.plan)
    tells = pl.struct("dimension_1", "code_1").is_in(
        [{"dimension_1": dimension, "code_1": code} for dimension, code in telling]
    )
    return judged.with_columns(
        reason=pl.when((pl.col("reason") == "") & tells).then(pl.lit(GROUP)).otherwise("reason")
    )


def merge_incidents(edition: Counted, family: Family, stack: Stack) -> pl.DataFrame | None:
    """Return the incidents that a family of an edition counts; None where a month of its period is missing."""
    basis = stack.list_basis(edition, family)
    return None if basis is None else pl.concat([each.incidents for each in basis])


def list_guarded(judged: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """Return the cells (CELL) that are not shown and of which nobody may find out anything."""
    hidden = figures.filter(pl.col("status") == "not_published").select(CELL)
    return judged.filter(pl.col("reason").is_in(GUARDED)).join(hidden, on=CELL, how="semi")
