"""Which dimensions have to be counted together, so that tables which share dimensions fit one joint count."""

from collections.abc import Collection


def list_cliques(tables: Collection[frozenset[str]]) -> list[frozenset[str]]:
    """Return the sets of dimensions whose joint counts stand for the joint count of all dimensions.

    `tables` are the dimensions of each table. Counts of the returned sets that agree on what the sets share always
    belong to one joint count of everything, so nothing that an attacker could use is lost: the sets are the cliques
    of a decomposable graph (Lauritzen, Graphical Models, 1996, section 2.1), made by taking out dimensions in the
    order of least fill.
    """
    neighbours = {name: set[str]() for table in tables for name in table}
    for table in tables:
        for name in table:
            neighbours[name] |= table - {name}
    cliques: list[frozenset[str]] = [frozenset()] if frozenset() in tables else []
    while neighbours:
        taken = min(neighbours, key=lambda name: (_count_fill(neighbours, name), name))
        around = neighbours.pop(taken)
        cliques.append(frozenset({taken, *around}))
        for name in around:
            neighbours[name] |= around - {name}
            neighbours[name].discard(taken)
    largest = [one for one in cliques if not any(one < other for other in cliques)]
    return sorted(set(largest), key=sorted)


def _count_fill(neighbours: dict[str, set[str]], name: str) -> int:
    around = neighbours[name]
    return sum(len(around - neighbours[other] - {other}) for other in around)
