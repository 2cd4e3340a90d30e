"""Sentences of a form, known by their English until they are said in a language."""

from dataclasses import dataclass

from pipeline.language import Language


@dataclass(frozen=True)
class Sentence:
    """A sentence of the catalogs; `values` fill its placeholders, `context` is where a title stands."""

    text: str
    context: str | None = None
    values: tuple[tuple[str, str], ...] = ()

    def say_in(self, language: Language) -> str:
        """Return the sentence in a language."""
        if self.context is not None:
            return language.catalog.pgettext(self.context, self.text)
        said = language.translate(self.text)
        return said.format(**dict(self.values)) if self.values else said
