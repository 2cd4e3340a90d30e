"""Templates of `reports/templates/`, filled strictly: what is missing raises, what is text is escaped.

A template says its sentences in English through `say`, with `{placeholders}`; the language it is filled in has them.
"""

import functools

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.language import ENGLISH, Language, load_language
from pipeline.settings import CHECKOUT

TEMPLATES = CHECKOUT / "reports" / "templates"


def fill_template(name: str, language: Language | None = None, **values: object) -> bytes:
    """Fill a template as UTF-8, in English unless told otherwise; a name that it uses and does not get raises."""
    spoken = language or load_language(ENGLISH)
    return environment_of(spoken.code).get_template(name).render(**values).encode()


@functools.cache
def environment_of(code: str) -> Environment:
    """Return what templates are filled with in a language."""
    language = load_language(code)

    def say(message: str, **values: object) -> Markup:
        # A catalog has no markup of its own: links come in as values that are marked as safe, all others are escaped.
        return Markup.escape(language.translate(message)).format(**values)

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals |= {"say": say, "language": language}
    return environment
