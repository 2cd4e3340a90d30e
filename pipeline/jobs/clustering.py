"""From scored pairs and decisions to incidents: what hangs together is decided anew and written back."""

from collections.abc import Collection

import sqlalchemy as sa

from pipeline.link.clusters import cluster_reports
from pipeline.link.persons import name_persons
from pipeline.link.review import Decision, Pair, list_opinions, settle_all, tabulate_decisions
from pipeline.link.weights import Weights
from pipeline.store import claims, clusters, persons, reviews


def load_opinions(connection: sa.Connection) -> dict[Pair, list[Decision]]:
    """Return what every reviewer says of every pair, as far as it was not taken back."""
    records = reviews.load_decisions(connection)
    decisions = [
        Decision(each.number, each.at, each.actor, each.pair, each.answer, each.needs)
        for each in records
        if each.answer is not None
    ]
    return list_opinions(decisions, [each.undoes for each in records if each.undoes is not None])


def cluster_connected(
    connection: sa.Connection, seeds: sa.CompoundSelect[tuple[str]] | Collection[str], weights: Weights
) -> set[str]:
    """Decide anew which incidents the reports of `seeds`, and all that hang together with them, tell of.

    Returns the ids of the returns of which a row changed.
    """
    decisions = tabulate_decisions(settle_all(load_opinions(connection)))
    clusters.gather_connected(connection, seeds, decisions)
    members, pairs = clusters.load_connected(connection)
    clustering = cluster_reports(
        members,
        pairs,
        decisions,
        most=weights.bounds.most_reports,
        veto_bits=weights.bounds.veto,
    )
    persons.note_former_persons(connection)
    touched = clusters.put_clusters(connection, clustering.incidents, clustering.pairs.drop_nulls("bits"))
    clusters.put_incidents(connection)
    persons.put_persons(connection, name_persons(*persons.load_tellings(connection)))
    claims.assign_editions(connection, clusters.list_connected())
    clusters.forget_connected(connection)
    return touched
