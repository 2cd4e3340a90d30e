"""How well a version of the weights does where the truth is known."""

from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.link.clusters import cluster_reports
from pipeline.link.driver import link_reports
from pipeline.link.pairs import DECISIONS_SCHEMA, PAIR, REVIEW
from pipeline.link.weights import Weights


@dataclass(frozen=True)
class Appraisal:
    """Counts of pairs: `true` ones, those `linked` without a person, those of them that are `right`, and true ones
    that are linked or `reached` by a question to a reviewer; of reports, and of those that stand in a question."""

    true: int
    linked: int
    right: int
    reached: int
    reports: int
    asked: int

    def __add__(self, other: "Appraisal") -> "Appraisal":
        """Return both together."""
        return Appraisal(*(mine + theirs for mine, theirs in zip(self.counts(), other.counts(), strict=True)))

    def counts(self) -> tuple[int, ...]:
        """Return the counts in their order."""
        return self.true, self.linked, self.right, self.reached, self.reports, self.asked

    @property
    def precision(self) -> float:
        return self.right / max(1, self.linked)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.true)

    @property
    def recall_with_review(self) -> float:
        return self.reached / max(1, self.true)

    @property
    def review_share(self) -> float:
        return self.asked / max(1, self.reports)


def appraise(reports: pl.DataFrame, truth: pl.DataFrame, weights: Weights, contract: Contract) -> Appraisal:
    """Link `reports` (LINK_SCHEMA) and hold the outcome against `truth` (report, incident)."""
    clustering = cluster_reports(
        reports.select("report", "month"),
        link_reports(reports, weights, contract).pairs,
        DECISIONS_SCHEMA.to_frame(),
        most=weights.bounds.most_reports,
        veto_bits=weights.bounds.veto,
    )
    known = truth.select("report", "incident").join(
        clustering.incidents.select("report", "incident_id"), on="report"
    )
    true, linked = (_pair_within(known, name) for name in ("incident", "incident_id"))
    asked = clustering.pairs.filter(pl.col("verdict") == REVIEW).select(PAIR)
    right = true.join(linked, on=PAIR)
    reached = pl.concat([right, true.join(asked, on=PAIR)]).unique()
    return Appraisal(
        true=true.height,
        linked=linked.height,
        right=right.height,
        reached=reached.height,
        reports=reports.height,
        asked=pl.concat([asked["report_a"], asked["report_b"]]).n_unique(),
    )


def _pair_within(known: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return all pairs of reports that share `name`."""
    told = known.select("report", name)
    pairs = told.join(told, on=name, suffix="_b").filter(pl.col("report") < pl.col("report_b"))
    return pairs.select(report_a="report", report_b="report_b")
