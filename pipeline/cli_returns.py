"""Commands for returns that wait for a person, because of what they look like as a whole."""

import click

from pipeline.cli_review import ready

_person = click.option(
    "--as", "name", metavar="NAME", required=True, help="Your name; it goes into the ledger."
)


@click.group()
def returns() -> None:
    """Look at returns that are held back as a whole, and release or refuse them."""


@returns.command("list")
def list_() -> None:
    """List the returns that wait for a person, and why."""
    from pipeline import jobs

    for line in jobs.list_held_returns(ready()):
        click.echo(line)


@returns.command()
@click.argument("return_id", metavar="RETURN")
@_person
def release(return_id: str, name: str) -> None:
    """Let a return count, once its collective has confirmed it."""
    from pipeline import jobs

    click.echo(jobs.release_return(ready(), return_id, name))


@returns.command()
@click.argument("return_id", metavar="RETURN")
@_person
def refuse(return_id: str, name: str) -> None:
    """Let nothing of a return count and erase what it says."""
    from pipeline import jobs

    click.echo(jobs.refuse_return(ready(), return_id, name))
