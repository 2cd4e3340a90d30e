"""The dimensions of the published tables, and which of their codes are shown anywhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.protection.evidence import NATIONAL, Edition, Evidence, read_provisions

REST = "(rest)"
SINGLE = {  # national one-way tables, and whether every incident has such a code
    "by_survivor_gender": ("survivor_gender", False),
    "by_survivor_age_band": ("survivor_age_band", False),
    "by_resolution": ("resolution", False),
    "by_delay_band": ("delay_band", True),
}

PROVISIONS = {"by_legal_provision": "legal_provision", "late_by_legal_provision": "late_provision"}
"""National tables by provisions of the law, of which an incident may have several or none."""

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "total": (),
    "range": (),
    "by_duty_bearer": ("duty_bearer",),
    "by_service": ("service",),
    "by_incident_kind": ("incident_kind",),
    "by_grounds": ("grounds",),
    **{table: (dimension,) for table, (dimension, _) in SINGLE.items()},
    **{table: (dimension,) for table, dimension in PROVISIONS.items()},
    "duty_bearer_by_incident_kind": ("duty_bearer", "incident_kind"),
    "by_district": ("district",),
    "state_duty_bearer_by_incident_kind": ("duty_bearer", "incident_kind"),
}


@dataclass(frozen=True)
class Axis:
    """The codes of a dimension that are shown somewhere, and those merged into a rest."""

    codes: tuple[str, ...]
    merged: int

    @property
    def names(self) -> tuple[str, ...]:
        """Codes, and the rest if there is one."""
        return (*self.codes, REST) if self.merged else self.codes

    def at(self, code: str) -> int:
        """Return the place of a code."""
        return self.codes.index(code) if code in self.codes else len(self.codes)


def list_axes(editions: Iterable[Edition], evidence: Evidence) -> dict[str, Axis]:
    """Return the axis of each dimension in the tables of some editions."""
    shown: dict[str, set[str]] = {"state": set()}
    for edition in editions:
        for table, geography, _, _, code_1, code_2 in edition.shown:
            if table not in DIMENSIONS:
                continue
            if geography != NATIONAL:
                shown["state"].add(geography)
            for dimension, code in zip(DIMENSIONS[table], (code_1, code_2), strict=False):
                shown.setdefault(dimension, set()).add(code)
    # A shown provision of the law tells apart the codes that it names, whether they are shown or not.
    for provision in {code for dimension in PROVISIONS.values() for code in shown.get(dimension, ())}:
        for dimension, codes in read_provisions()[provision].items():
            shown.setdefault(dimension, set()).update(codes)
    return {
        dimension: _make_axis(codes, shown.get(dimension, set()))
        for dimension, codes in evidence.codes.items()
    }


def list_district_axes(editions: Iterable[Edition], evidence: Evidence) -> dict[str, Axis]:
    """Return the axis of the districts of each state."""
    shown = {cell[4] for edition in editions for cell in edition.shown if cell[0] == "by_district"}
    return {state: _make_axis(codes, shown) for state, codes in evidence.districts.items()}


def _make_axis(codes: Iterable[str], shown: set[str]) -> Axis:
    listed = list(codes)
    kept = tuple(code for code in listed if code in shown)
    return Axis(kept, len(listed) - len(kept))
