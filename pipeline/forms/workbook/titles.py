"""Titles of columns as people read them, and headings as both they and the pipeline do: `title * · name`."""

from pipeline.coding import ITEM_SIGN
from pipeline.contract import Field
from pipeline.language import Language
from pipeline.messages import FIELDS


def say_title(field: Field, language: Language) -> str:
    """Return the title of a column in a language."""
    return language.catalog.pgettext(FIELDS, field.title)


def say_heading(field: Field, language: Language) -> tuple[str, str]:
    """Return the two halves of a heading: the title, with a star where the column is required, and the name."""
    return f"{say_title(field, language)}{' *' if field.required else ''}", f"{ITEM_SIGN}{field.name}"
