"""Mending: what of a row that was not counted goes back to its collective, and how it is put together again.

The sheet of a slip is a file on somebody's disk, so it shows next to nothing: codes that were understood, and blanks
where something is to be mended. For all else that was well it says KEPT, and when the sheet comes back, those cells
are taken from the row as it was sent, which is sealed in the vault until then.
"""

from collections.abc import Callable, Collection, Mapping

import polars as pl

from pipeline.contract import Contract, Field
from pipeline.findings import find_on, gather_findings

KEPT = "#kept"
"""Stands in a cell for what the collective sent before, in the row of the same report id."""

Cells = Mapping[str, str | None]
Recall = Callable[[Collection[str]], Mapping[str, Cells]]
"""Returns the cells of the newest row to mend by report id, of those ids of which there is one."""


def put_together(
    frame: pl.DataFrame, recall: Recall, contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a frame of text with every KEPT as it was sent, and findings where nothing is kept any more."""
    names = [name for name in contract.fields if name in frame.columns and (frame[name] == KEPT).any()]
    if not names:
        return frame, gather_findings([])
    marked = frame.filter(pl.any_horizontal(pl.col(names) == KEPT))
    report_ids = (
        marked["report_id"] if "report_id" in frame.columns else pl.repeat(None, marked.height, eager=True)
    )
    sent = recall(sorted(set(report_ids.drop_nulls().to_list())))
    findings = []
    for name in names:
        cells = [sent.get(str(report_id), {}).get(name) for report_id in report_ids]
        known = pl.DataFrame({"row": marked["row"], "sent": pl.Series(cells, dtype=pl.String)})
        is_kept = pl.col(name) == KEPT
        frame = frame.join(known, on="row", how="left", maintain_order="left").with_columns(
            pl.when(is_kept).then("sent").otherwise(name).alias(name), lost=is_kept & pl.col("sent").is_null()
        )
        findings.append(find_on(frame.filter("lost")["row"], "kept_no_more", name))
        frame = frame.drop("sent", "lost")
    return frame, gather_findings(findings)


def show_cells(cells: Cells, faulty: Collection[str], contract: Contract, *, is_held: bool) -> dict[str, str]:
    """Return the cells of a row as its sheet has them; `faulty` are the fields that something was found in.

    Of a row that is held back nothing was judged but whether it holds personal data, so that nothing is shown.
    """
    return {
        name: _show(cell, contract.fields[name], may_show=not is_held)
        for name, cell in cells.items()
        if cell is not None and name not in faulty
    }


def _show(cell: str, field: Field, *, may_show: bool) -> str:
    if field.name == "report_id":
        # By it the row is found again.
        return cell
    is_plain = field.kind in {"code", "codes"} and not field.purged
    return cell if may_show and is_plain else KEPT
