"""The letter in which a collective consents to figures of one edition that come mostly from its reports."""

from pipeline.contract import Contract
from pipeline.language import ENGLISH, load_language
from pipeline.report.edition import Edition

_LETTER = """\
Consent to figures that come mostly from one collective

Edition:     {edition} ({month})
Collective:  {label} ({code}), {state}

Some figures of an edition come mostly, or only, from the reports of one collective. When they are published,
readers can see how much that collective has reported.

With this letter, figures of {state}, or of an office, may show in this edition that they come mostly from
{label}.

- Without this letter these figures are simply not published. All other figures are.
- You can take it back until the edition is published, not after.
- It holds for this edition only.
- Figures that few people stand behind are not published, with this letter or without it.

Please do not write names of survivors, or anything about them, on this letter.


We agree, for {label}.


Date:        {date}


Signature:   {signature}
"""
_BLANK = "_" * 30


def write_letter(
    collective: str,
    contract: Contract,
    *,
    month: str,
    number: int,
    date: str = _BLANK,
    signature: str = _BLANK,
) -> bytes:
    """Return the letter of one collective for one edition, as plain text; the same bytes each time."""
    code = contract.code_lists["collectives"].codes[collective]
    edition = Edition(month, number, versions={})
    return _LETTER.format(
        edition=edition.edition_id,
        month=load_language(ENGLISH).say_period(month),
        code=code.code,
        label=code.label,
        state=contract.code_lists["states"].label(code.details["state"]),
        date=date,
        signature=signature,
    ).encode()
