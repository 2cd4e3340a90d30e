"""Commands for reviewers: what waits, both reports of a pair, decisions, and why a report is where it is."""

import os

import click

from pipeline.settings import Settings, check_month, read_settings


class Month(click.ParamType[str]):
    """A month as YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: str, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return check_month(value)


def ready() -> Settings:
    """Return the settings of an installation that is made ready for a command."""
    from pipeline import jobs

    settings = read_settings(os.environ)
    jobs.prepare(settings)
    return settings


_reviewer = click.option("--as", "reviewer", metavar="NAME", required=True, help="Name of the reviewer.")


@click.group()
def review() -> None:
    """Look at doubtful pairs of reports and decide on them."""


@review.command("list")
@click.option("--month", type=Month(), help="Pairs with a report of one month only.")
def list_(month: str | None) -> None:
    """List the pairs that wait for a reviewer."""
    from pipeline import jobs

    for line in jobs.list_doubtful(ready(), month):
        click.echo(line)


@review.command()
@click.argument("pair")
def show(pair: str) -> None:
    """Show both reports of a pair side by side; keep what you see to yourself."""
    from pipeline import jobs

    for line in jobs.show_pair(ready(), pair):
        click.echo(line)


@review.command()
@click.argument("pair")
@click.argument("answer", type=click.Choice(["same", "apart", "unsure"]))
@_reviewer
def decide(pair: str, answer: str, reviewer: str) -> None:
    """Decide whether both reports of a pair tell of one incident."""
    from pipeline import jobs

    click.echo(jobs.decide_pair(ready(), pair, answer, reviewer))


@review.command()
@click.argument("pair")
@_reviewer
def undo(pair: str, reviewer: str) -> None:
    """Take back your newest decision on a pair."""
    from pipeline import jobs

    click.echo(jobs.undo_decision(ready(), pair, reviewer))


@click.command()
@click.argument("report")
@click.option("--collective", metavar="CODE", help="Whose report, where several have this id.")
def explain(report: str, collective: str | None) -> None:
    """Say why a report, given by its id or key, is in its incident."""
    from pipeline import jobs

    for line in jobs.explain_report(ready(), report, collective):
        click.echo(line)
