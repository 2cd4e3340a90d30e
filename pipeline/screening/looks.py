"""How a column is looked through for the few texts that may break a rule.

A look is a loose pattern for the engine of Polars: what a rule finds, some look must have found before. Most looks go
through a text laid bare, without the letters of Indic scripts, which is short; the others need its words. A look with
`then` is confirmed by one of these patterns on the words, dates and public numbers masked.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """One pattern, on the bare text unless `on_words`; patterns are in lower case."""

    pattern: str
    on_words: bool = False
    then: tuple[str, ...] = ()
