"""Commands about consent of collectives to figures that come mostly from one of them."""

from pathlib import Path

import click

from pipeline.cli_review import Month, ready

_month = click.option("--month", type=Month(), required=True, help="Month of the edition.")
_edition = click.option(
    "--edition",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Number of the edition; by default the one that is published next.",
)
_recorder = click.option(
    "--as", "recorder", metavar="NAME", required=True, help="Name of whoever of the data team records it."
)


@click.group()
def consent() -> None:
    """Keep account of who lets an edition show figures that come mostly from one collective."""


@consent.command()
@click.argument("collective")
@_month
@_edition
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Text file to write."
)
def form(collective: str, month: str, edition: int | None, out: Path) -> None:
    """Write the letter that a collective signs, if it wants to."""
    from pipeline import jobs

    about = jobs.write_consent_form(ready(), collective, month, out, edition)
    click.echo(f"Wrote the letter of {collective} for {about} to {out}.")


@consent.command()
@click.argument(
    "letters",
    nargs=-1,
    required=True,
    metavar="LETTER...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@_month
@_edition
@_recorder
def give(letters: tuple[Path, ...], month: str, edition: int | None, recorder: str) -> None:
    """Record signed letters, each a file named by its collective's code, as in UTTHAN.pdf.

    A letter is not kept here, only its SHA-256: keep the letter itself where nobody else can read it.
    """
    from pipeline import jobs

    for line in jobs.give_consent(ready(), month, letters, recorder, edition):
        click.echo(line)


@consent.command()
@click.argument("collective")
@_month
@_edition
@_recorder
def withdraw(collective: str, month: str, edition: int | None, recorder: str) -> None:
    """Take back the consent of a collective, before the edition is approved."""
    from pipeline import jobs

    for line in jobs.withdraw_consent(ready(), collective, month, recorder, edition):
        click.echo(line)


@consent.command("list")
@_month
def list_(month: str) -> None:
    """Say of every collective that files for a month whether it has consented."""
    from pipeline import jobs

    for line in jobs.list_consents(ready(), month):
        click.echo(line)
