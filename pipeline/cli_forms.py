"""Commands for what collectives fill in: forms for phones, spreadsheets and paper."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write the forms into.",
)
@click.option(
    "--language",
    "languages",
    metavar="CODE",
    multiple=True,
    help="Language of templates and paper forms, for example bn; can be given more than once, by default all.",
)
def forms(out: Path, languages: tuple[str, ...]) -> None:
    """Write the forms that collectives fill in: for phones, as a spreadsheet, on paper."""
    from pipeline.contract import load_contract
    from pipeline.forms.writing import write_forms

    for path in write_forms(out, load_contract(), languages):
        click.echo(f"Wrote {path}.")
