"""Made-up letters of consent, as signed, so that an example shows figures that come mostly from one collective."""

from pathlib import Path

from pipeline.consent import write_letter
from pipeline.contract import Contract
from pipeline.example.writing import NOTE
from pipeline.files import write_atomically
from pipeline.settings import check_month

_DATE, _SIGNATURE = "made up", "a made-up signature"


def write_letters(out: Path, *, month: str, contract: Contract) -> list[Path]:
    """Write `out/<COLLECTIVE>.txt` for the first edition of `month`: letters of all collectives but the last.

    Without the last, an example also shows what becomes of figures without consent. The same month gives the same
    bytes; a letter of the last one that lies there from before is removed.
    """
    check_month(month)
    *signing, silent = contract.code_lists["collectives"].valid_in(month)
    written = [_path(out, collective) for collective in signing]
    for collective, path in zip(signing, written, strict=True):
        letter = write_letter(collective, contract, month=month, number=1, date=_DATE, signature=_SIGNATURE)
        write_atomically(path, f"{NOTE}\nNobody signed this letter.\n\n".encode() + letter)
    _path(out, silent).unlink(missing_ok=True)
    return written


def _path(out: Path, collective: str) -> Path:
    return out / f"{collective}.txt"
