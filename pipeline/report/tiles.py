"""The map of India in tiles: each state and union territory is one tile, roughly where it lies."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.contract import NATIONAL, Contract
from pipeline.report.tables import Row


@dataclass(frozen=True)
class Tile:
    """One state by the letters of its code, with its row of the table of states."""

    letters: str
    row: Row


TileRow = tuple[Tile | None, ...]


def lay_tiles(rows: Iterable[Row], contract: Contract) -> tuple[TileRow, ...]:
    """Return the map from north to south and west to east; None where no state lies.

    `rows` are those of the table of states. The places of the tiles are in the list of states.
    """
    tiles = {}
    for row in rows:
        details = contract.code_lists["states"].codes[row.figure.geography].details
        if "tile_row" in details:
            place = int(details["tile_row"]), int(details["tile_col"])
            tiles[place] = Tile(row.figure.geography.removeprefix(f"{NATIONAL}-"), row)
    if not tiles:
        return ()
    height, width = (1 + max(place[side] for place in tiles) for side in (0, 1))
    return tuple(tuple(tiles.get((down, along)) for along in range(width)) for down in range(height))
