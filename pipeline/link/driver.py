"""Link a window of reports: features, blocking, scores, and what follows from the bits of each pair."""

from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.link.blocking import block_reports
from pipeline.link.clusters import DisjointSets
from pipeline.link.decide import decide_pairs
from pipeline.link.features import make_features
from pipeline.link.pairs import AUTOMATIC, PAIR
from pipeline.link.weights import Weights

_LARGEST_CHECKED = 60
"""Reports of a chain of links within which every pair is scored; of a longer chain, what has one report between."""


@dataclass(frozen=True)
class Linked:
    """What linkage found.

    `pairs` (PAIRS_SCHEMA) are the pairs that link, are doubtful, or keep a cluster apart. `alike` (report_a,
    report_b) are reports whose case tokens differ by a slip of the pen. `dense` are reports that could not be
    compared with all others of their place and time. `candidates` counts the pairs that were compared.
    """

    pairs: pl.DataFrame
    alike: pl.DataFrame
    dense: tuple[str, ...]
    candidates: int


def link_reports(
    reports: pl.DataFrame,
    weights: Weights,
    contract: Contract,
    *,
    month: str | None = None,
    backend: str = "duckdb",
) -> Linked:
    """Compare `reports` (LINK_SCHEMA) with each other; return all pairs, or those with a report of `month`.

    All are compared in either case: whether a pair has rivals, or would break a cluster, may depend on others.
    `backend` is one of settings.LINK_ENGINES.
    """
    # Splink takes a second to import, which commands that link nothing need not wait for.
    from pipeline.link.engine import open_engine

    features = make_features(reports, contract)
    blocks = block_reports(features, weights.blocking, most=weights.most_in_block)
    bounds = weights.bounds
    with open_engine(features, weights, backend) as engine:
        candidates = engine.find_pairs(blocks.keys)
        scored = engine.score_pairs(candidates, least_bits=bounds.review)
        # A cluster must hold no pair that speaks against it, so pairs that blocking passed over are scored, too.
        within = _list_within(scored.filter(pl.col("bits") >= bounds.automatic))
        scored = pl.concat([scored, engine.score_pairs(within.join(scored, on=["id_l", "id_r"], how="anti"))])
    told = features.select("id", "report", "month")
    return Linked(
        pairs=_touch(decide_pairs(scored, features, weights), told, month),
        alike=_find_alike(features),
        dense=tuple(told.join(blocks.dense.to_frame("id"), on="id")["report"].sort()),
        candidates=candidates.height,
    )


def _touch(pairs: pl.DataFrame, told: pl.DataFrame, month: str | None) -> pl.DataFrame:
    """Return the pairs of which one report was first told in `month`, or is linked with one that was, by any steps.

    All are returned where `month` is None. Whether a chain of links becomes one cluster depends on all its pairs.
    """
    if month is None:
        return pairs
    chains = _chain(pairs.filter(pl.col("verdict") == AUTOMATIC), "report_a", "report_b")
    reports = told.select("report", "month").join(chains, left_on="report", right_on="end", how="left")
    of_month = reports.filter(pl.col("month") == month)
    reached = of_month.select("chain").drop_nulls().unique()
    near = reports.join(reached, on="chain").select("report", "chain")
    both = pairs.join(near, left_on="report_a", right_on="report", how="left").join(
        near, left_on="report_b", right_on="report", how="left", suffix="_b"
    )
    known = of_month["report"].implode()
    touches = pl.col("report_a").is_in(known) | pl.col("report_b").is_in(known)
    within = (pl.col("chain") == pl.col("chain_b")).fill_null(value=False)
    return both.filter(touches | within).select(pairs.columns).sort(PAIR)


def _chain(links: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Return every end of `links` and the number of the chain of links that it stands in (end, chain)."""
    ends = pl.concat([links[one].alias("end"), links[other].alias("end")]).unique().sort()
    places = {end: place for place, end in enumerate(ends)}
    sets = DisjointSets(ends.len())
    for pair in links.select(one, other).iter_rows():
        sets.join(*(places[end] for end in pair))
    return pl.DataFrame({"end": ends, "chain": sets.firsts()})


def _list_within(links: pl.DataFrame) -> pl.DataFrame:
    """Return all pairs that could come into one cluster by `links` (id_l, id_r), sorted."""
    chained = _chain(links, "id_l", "id_r").rename({"end": "id"}).with_columns(length=pl.len().over("chain"))
    short = chained.filter(pl.col("length").is_between(3, _LARGEST_CHECKED))
    whole = short.join(short, on="chain", suffix="_r").select(id_l="id", id_r="id_r")
    long = chained.filter(pl.col("length") > _LARGEST_CHECKED)
    both = pl.concat([links.select("id_l", "id_r"), links.select(id_l="id_r", id_r="id_l")])
    steps = both.join(long.select("id"), left_on="id_l", right_on="id")
    around = steps.join(steps, left_on="id_r", right_on="id_l", suffix="_next").select(
        "id_l", id_r="id_r_next"
    )
    return pl.concat([whole, around]).filter(pl.col("id_l") < pl.col("id_r")).unique().sort("id_l", "id_r")


def _find_alike(features: pl.DataFrame) -> pl.DataFrame:
    """Return reports whose tokens differ, but share their first or their second half: a slip of the pen.

    Each is paired with the first of those alike; half a token is too long to be shared by chance.
    """
    halves = pl.concat(
        features.select("report", "token", half=pl.lit(name) + pl.col(name)).drop_nulls()
        for name in ("token_head", "token_tail")
    )
    distinct = halves.sort("half", "token", "report").unique(
        ["half", "token"], keep="first", maintain_order=True
    )
    first = distinct.with_columns(report_a=pl.col("report").first().over("half"))
    return (
        first.filter(pl.col("report") != pl.col("report_a"))
        .select(
            report_a=pl.min_horizontal("report_a", "report"), report_b=pl.max_horizontal("report_a", "report")
        )
        .unique()
        .sort("report_a", "report_b")
    )
