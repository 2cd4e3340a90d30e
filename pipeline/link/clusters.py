"""Clusters: which reports tell of one incident, once every pair is scored and reviewers have decided.

Everything follows from the sets of reports, pairs and decisions alone, so that a decision is undone by leaving
it out. What belongs elsewhere: scoring a pair, keeping decisions, telling a reviewer what a reason means.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipeline.link.pairs import APART, AUTOMATIC, PAIR, REVIEW, SAME, SEPARATE

VETO_REASONS = ("dates_far_apart", "tokens_differ", "token_across_states")
"""Reasons for review that also keep the two reports from being brought together by way of others."""

CONFLICT, TOO_LARGE, CONTRADICTION = "conflict_in_cluster", "cluster_too_large", "decisions_conflict"

_AUTOMATIC = (pl.col("verdict") == AUTOMATIC).fill_null(value=False)
_DECIDED_SAME, _DECIDED_APART = (pl.col("decision").eq_missing(pl.lit(answer)) for answer in (SAME, SEPARATE))


@dataclass(frozen=True)
class Clustering:
    """What became of the reports and of the pairs, each sorted by its key.

    incidents: report, incident_id, link_bits (Float64), may_repeat (Boolean). pairs: PAIRS_SCHEMA; `automatic`
    stands on all pairs of one incident and on no other.
    """

    incidents: pl.DataFrame
    pairs: pl.DataFrame


def cluster_reports(
    reports: pl.DataFrame, pairs: pl.DataFrame, decisions: pl.DataFrame, *, most: int, veto_bits: float
) -> Clustering:
    """Bring reports (report, the month that first told it) into incidents of at most `most` reports.

    `pairs` (PAIRS_SCHEMA) are as scored, `decisions` (DECISIONS_SCHEMA) as they stand; what names an unknown
    report is left out. Decisions `same` come first, whatever the size, unless one breaks a decision `apart`;
    then automatic pairs by falling bits. No two reports meet that a reviewer holds apart, or whose own pair is
    not automatic and either below `veto_bits` or of VETO_REASONS. Pairs that were not scored do not hinder.

    An incident goes by its first report (smallest month, then report). `link_bits` are the most bits of a pair
    scored automatic within the incident. `may_repeat` marks incidents that would be counted with an earlier one
    if every review pair were merged, even those that decisions or vetoes keep from it: never too few.
    """
    places = reports.sort("month", "report").select("report").with_row_index("place")
    known = _place_pairs(pairs, decisions, places)
    clusters = Clusters(places.height)
    _hold_decisions(clusters, known)
    held = clusters.firsts()
    _hold_vetoes(clusters, known, veto_bits)
    tried = _merge(clusters, known, most)
    firsts = clusters.firsts()
    judged = _judge(tried, held, firsts)
    return Clustering(
        incidents=_name_incidents(places, firsts, judged),
        pairs=judged.select(*PAIR, "bits", "levels", verdict="final", why="reason").sort(PAIR),
    )


class DisjointSets:
    """Sets of the places 0 to count - 1; a set goes by its smallest place."""

    def __init__(self, count: int) -> None:
        """Begin with every place by itself."""
        self._above = list(range(count))

    def find(self, place: int) -> int:
        """Return the smallest place of the set of `place`."""
        above = self._above
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    def join(self, one: int, other: int) -> None:
        """Make one set of the sets of two places."""
        one, other = self.find(one), self.find(other)
        self._above[max(one, other)] = min(one, other)

    def firsts(self) -> pl.Series:
        """Return for each place, in order, the smallest place of its set."""
        return pl.Series("first", [self.find(place) for place in self._above], dtype=pl.UInt32)


class Clusters(DisjointSets):
    """Disjoint sets that know their size and the places they must not be joined with."""

    def __init__(self, count: int) -> None:
        """Begin with every place by itself and nothing held apart."""
        super().__init__(count)
        self._sizes: dict[int, int] = {}
        self._foes: dict[int, list[int]] = {}

    def hold_apart(self, one: int, other: int) -> None:
        """Remember that two places must not meet; where they have met already, that stands."""
        first, second = self.find(one), self.find(other)
        if first != second:
            self._foes.setdefault(first, []).append(other)
            self._foes.setdefault(second, []).append(one)

    def are_at_odds(self, one: int, other: int) -> bool:
        """Tell whether joining the sets of two places would bring together what is held apart."""
        one, other = self.find(one), self.find(other)
        if len(self._foes.get(one, ())) > len(self._foes.get(other, ())):
            one, other = other, one
        return any(self.find(foe) == other for foe in self._foes.get(one, ()))

    def size(self, place: int) -> int:
        """Return how many places the set of `place` has."""
        return self._sizes.get(self.find(place), 1)

    def join(self, one: int, other: int) -> None:
        """Make one set of the sets of two places, with the foes of both."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        size = self.size(one) + self.size(other)
        few, many = sorted((self._foes.pop(one, []), self._foes.pop(other, [])), key=len)
        many.extend(few)
        super().join(one, other)
        first = min(one, other)
        self._sizes[first] = size
        if many:
            self._foes[first] = many


def _place_pairs(pairs: pl.DataFrame, decisions: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Return scored and decided pairs of known reports, with the places of both in the order of telling."""
    known = pairs.with_columns(scored=pl.lit(value=True)).join(decisions, on=PAIR, how="full", coalesce=True)
    for end in ("a", "b"):
        known = known.join(places.rename({"report": f"report_{end}", "place": end}), on=f"report_{end}")
    return known.with_columns(pl.col("scored").fill_null(value=False), pl.col("levels").fill_null(""))


def _ends(known: pl.DataFrame) -> Iterable[tuple[int, int]]:
    return zip(known["a"].to_list(), known["b"].to_list(), strict=True)


def _hold_decisions(clusters: Clusters, known: pl.DataFrame) -> None:
    for one, other in _ends(known.filter(_DECIDED_APART)):
        clusters.hold_apart(one, other)
    for one, other in _ends(known.filter(_DECIDED_SAME).sort(PAIR)):
        if not clusters.are_at_odds(one, other):
            clusters.join(one, other)


def _hold_vetoes(clusters: Clusters, known: pl.DataFrame, veto_bits: float) -> None:
    """Hold vetoed pairs apart, except those that decisions have joined already.

    Only where both ends have something that ties them to others: elsewhere a veto cannot matter.
    """
    ties = known.filter(_AUTOMATIC | _DECIDED_SAME)
    tied = pl.concat([ties["a"], ties["b"]]).unique().implode()
    weak = (pl.col("bits") < veto_bits) | pl.col("why").is_in(VETO_REASONS)
    vetoed = known.filter(weak, ~_AUTOMATIC, pl.col("a").is_in(tied), pl.col("b").is_in(tied))
    for one, other in _ends(vetoed):
        clusters.hold_apart(one, other)


def _merge(clusters: Clusters, known: pl.DataFrame, most: int) -> pl.DataFrame:
    """Merge by automatic pairs, the strongest first, and add hindrance: the reason why one could not."""
    strongest_first = known.filter(_AUTOMATIC).sort(
        "bits", *PAIR, descending=[True, False, False], nulls_last=True
    )
    hindrances = [_try_to_join(clusters, one, other, most) for one, other in _ends(strongest_first)]
    tried = strongest_first.with_columns(hindrance=pl.Series(hindrances, dtype=pl.String))
    return pl.concat([tried, known.filter(~_AUTOMATIC)], how="diagonal")


def _try_to_join(clusters: Clusters, one: int, other: int, most: int) -> str | None:
    """Join two clusters, or return the reason why they stay apart."""
    if clusters.find(one) == clusters.find(other):
        return None
    if clusters.are_at_odds(one, other):
        return CONFLICT
    if clusters.size(one) + clusters.size(other) > most:
        return TOO_LARGE
    clusters.join(one, other)
    return None


def _judge(tried: pl.DataFrame, held: pl.Series, firsts: pl.Series) -> pl.DataFrame:
    """Add the final verdict and its reason, the first case that fits, and the incidents of both reports."""
    cases = [
        (pl.col("first_a") == pl.col("first_b"), AUTOMATIC, pl.lit("")),
        (_DECIDED_SAME, REVIEW, pl.lit(CONTRADICTION)),
        (pl.col("settled"), APART, pl.lit("")),
        (pl.col("hindrance").is_not_null(), REVIEW, pl.col("hindrance")),
    ]
    final, reason = pl.col("verdict"), pl.col("why")
    for case, verdict, why in reversed(cases):
        final = pl.when(case).then(pl.lit(verdict)).otherwise(final)
        reason = pl.when(case).then(why).otherwise(reason)
    return (
        _settle(tried, held)
        .with_columns(first_a=firsts.gather(tried["a"]), first_b=firsts.gather(tried["b"]))
        .with_columns(final=final, reason=reason)
        .filter(pl.col("scored") | (pl.col("reason") == CONTRADICTION))
    )


def _settle(tried: pl.DataFrame, held: pl.Series) -> pl.DataFrame:
    """Add settled where decisions alone keep a pair apart: its own, or one on reports decided the same."""
    ends = pl.DataFrame({"a": held.gather(tried["a"]), "b": held.gather(tried["b"])})
    pairs = tried.with_columns(ends.select(low=pl.min_horizontal("a", "b"), high=pl.max_horizontal("a", "b")))
    apart = pairs.filter(_DECIDED_APART).select("low", "high", settled=pl.lit(value=True)).unique()
    return pairs.join(apart, on=["low", "high"], how="left", maintain_order="left")


def _name_incidents(places: pl.DataFrame, firsts: pl.Series, judged: pl.DataFrame) -> pl.DataFrame:
    doubtful = DisjointSets(places.height)
    in_review = judged.filter(pl.col("final") == REVIEW)
    for one, other in _ends(in_review.select(a="first_a", b="first_b").unique()):
        doubtful.join(one, other)
    tying = judged.filter(_AUTOMATIC, pl.col("final") == AUTOMATIC)
    strengths = pl.concat([tying.select("bits", place=end) for end in ("a", "b")])
    strongest = strengths.group_by("place").agg(link_bits=pl.col("bits").max())
    return (
        places.with_columns(
            incident_id=places["report"].gather(firsts),
            may_repeat=doubtful.firsts().gather(firsts) != firsts,
        )
        .join(strongest, on="place", how="left")
        .select("report", "incident_id", "link_bits", "may_repeat")
        .sort("report")
    )
