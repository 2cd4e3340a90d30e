"""Templates of `reports/templates/`, filled strictly: what is missing raises, what is text is escaped."""

import functools

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.settings import CHECKOUT

TEMPLATES = CHECKOUT / "reports" / "templates"


def fill_template(name: str, **values: object) -> bytes:
    """Fill a template as UTF-8; a name that it uses and does not get raises."""
    return _environment().get_template(name).render(**values).encode()


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
