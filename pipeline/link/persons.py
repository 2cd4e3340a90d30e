"""Persons: how many different people stand behind incidents, as far as case tokens tell.

An edge of its own beside incidents: one person may live through several. Nothing here links reports.
"""

import polars as pl

from pipeline.link.clusters import DisjointSets


def name_persons(tellings: pl.DataFrame, alike: pl.DataFrame) -> pl.DataFrame:
    """Return incident_id and person, one row an incident: one name for all hashes that may be one person's.

    `tellings` has a row a report: incident_id and person, the hash of its case token or null. `alike` has
    person_a and person_b, hashes of tokens that differ by one typo. Hashes are taken together, through others
    if need be, where they are alike or stand in one incident (two collectives' keys for one woman); the name is
    the smallest of them, null where no report of the incident has a token. Disclosure control counts persons
    with it, so that two people taken for one are safe and one taken for two is not.
    """
    told = tellings.select("incident_id", "person").drop_nulls()
    within = told.select(person_a=pl.col("person").min().over("incident_id"), person_b="person")
    edges = pl.concat([within, alike.select("person_a", "person_b").drop_nulls()])
    names = _name_components(edges)
    named = told.join(names, on="person").group_by("incident_id").agg(pl.col("name").min())
    return (
        tellings.select("incident_id")
        .unique()
        .join(named, on="incident_id", how="left")
        .select("incident_id", person="name")
        .sort("incident_id")
    )


def _name_components(edges: pl.DataFrame) -> pl.DataFrame:
    """Return person and name, the smallest of all persons that edges tie to it."""
    persons = pl.concat([edges["person_a"], edges["person_b"]]).unique().sort().alias("person").to_frame()
    places = persons.with_row_index("place")
    ends = edges.unique()
    for end in ("a", "b"):
        ends = ends.join(places.rename({"person": f"person_{end}", "place": end}), on=f"person_{end}")
    sets = DisjointSets(persons.height)
    for one, other in zip(ends["a"].to_list(), ends["b"].to_list(), strict=True):
        sets.join(one, other)
    return persons.with_columns(name=persons["person"].gather(sets.firsts()))
