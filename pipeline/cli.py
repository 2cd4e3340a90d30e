"""The command line: reads arguments, calls jobs, says what came of it in plain sentences.

Exit codes: 0 done, 1 the job failed, 2 wrong use.
"""

import importlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from pipeline import __version__
from pipeline.cli_consent import consent
from pipeline.cli_forms import forms
from pipeline.cli_keeping import backup, erase, keys, restore
from pipeline.cli_returns import returns
from pipeline.cli_review import Month, explain, review
from pipeline.cli_weights import weights
from pipeline.errors import JawabdehiError, UsageError, describe_unexpected
from pipeline.settings import CHECKOUT, Settings, read_inbox, read_settings


class _Group(click.Group):
    """Turns the program's own errors into one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except JawabdehiError as error:
            click.echo(f"jawabdehi: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # Whoever reads the output has seen enough.
            sys.exit(1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            click.echo(
                f"jawabdehi: A file or folder cannot be used ({reason}): check the paths given.", err=True
            )
            sys.exit(1)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 (a traceback would show what a library quotes)
            click.echo(f"jawabdehi: {describe_unexpected(error)}", err=True)
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Turn collectives' returns into published accountability reports."""


@main.command()
@click.option("--month", type=Month(), required=True, help="Reporting month of the returns.")
@click.option(
    "--reports",
    type=click.IntRange(60, 5_000_000),
    default=600,
    show_default=True,
    help="Rows in all returns.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed invents another month."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for one folder of returns a collective.",
)
@click.option(
    "--letters",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for made-up letters of consent of all collectives but one.",
)
def example(month: str, reports: int, seed: int, out: Path, letters: Path | None) -> None:
    """Write made-up returns of all collectives, marked as such."""
    from pipeline.contract import load_contract
    from pipeline.example import write_example, write_letters

    files = write_example(out, month=month, reports=reports, seed=seed, contract=load_contract())
    click.echo(f"Wrote {reports} made-up reports in {len(files)} returns to {out}.")
    if letters is not None:
        written = write_letters(letters, month=month, contract=load_contract())
        click.echo(f"Wrote {len(written)} made-up letters of consent to {letters}.")


@main.command()
@click.option("--month", type=Month(), required=True, help="Month of the report.")
@click.option(
    "--inbox",
    metavar="DIR",
    help="Folder, or address such as s3://bucket/inbox, that holds one folder of returns a collective; by default "
    "the inbox of the home.",
)
@click.option(
    "--approve-as",
    metavar="NAME",
    help="Approve the edition and publish it with this name; without it, stop at the draft.",
)
def run(month: str, inbox: str | None, approve_as: str | None) -> None:
    """Collect, link and report one month in this process."""
    settings = _settings()
    if inbox is not None:
        settings = replace(settings, inbox=read_inbox(inbox))
        if isinstance(settings.inbox, Path) and not settings.inbox.is_dir():
            raise click.BadParameter(f"There is no folder {inbox}.", param_hint="--inbox")
    _issue(settings, month, approve_as)


@main.command()
@click.option("--month", type=Month(), required=True, help="Published month that is wrong.")
@click.option(
    "--because",
    "reason",
    metavar="REASON",
    required=True,
    help="A code of schemas/codes/correction_reasons.csv.",
)
@click.option(
    "--approve-as",
    metavar="NAME",
    help="Approve the edition and publish it with this name; without it, stop at the draft.",
)
def correct(month: str, reason: str, approve_as: str | None) -> None:
    """Make a further edition of a published month that mends an error."""
    from pipeline.contract import load_contract

    reasons = load_contract().code_lists["correction_reasons"].codes
    if reason not in reasons:
        raise click.BadParameter(f"Give one of these reasons: {', '.join(reasons)}.", param_hint="--because")
    _issue(_settings(), month, approve_as, reason)


@main.command()
def up() -> None:
    """Run Airflow with its web pages on 127.0.0.1 until interrupted."""
    from pipeline.up import run_airflow

    _refuse_beside_others()
    sys.exit(run_airflow(_airflow_environment(_settings()), tell=click.echo))


@main.command()
@click.argument(
    "name",
    metavar="NAME",
    type=click.Choice(["migration", "api-server", "scheduler", "dag-processor", "triggerer", "worker"]),
)
def component(name: str) -> None:
    """Run one component of Airflow, where there is more than one machine; see deploy/README.md.

    NAME is migration, which ends by itself and comes first, or api-server, scheduler, dag-processor, triggerer or
    worker.
    """
    from pipeline.components import MIGRATION, become_component, bring_up_to_date

    if name != MIGRATION:
        become_component(name, _settings(), os.environ)
    from pipeline import jobs

    bring_up_to_date(_settings(), os.environ, prepare=jobs.prepare, tell=click.echo)


@main.command()
def down() -> None:
    """Stop the embedded database server of this home."""
    from pipeline.server import stop_server

    settings = _settings()
    stopped = settings.database_url is None and stop_server(settings.home)
    click.echo("Stopped the database server." if stopped else "No embedded database server is running.")


@main.command()
@click.option("--month", type=Month(), help="One month only.")
def status(month: str | None) -> None:
    """Show coverage, verdicts and editions, month by month."""
    from pipeline import jobs

    settings = _settings()
    jobs.prepare(settings)
    for line in [*jobs.describe_status(settings, month), *jobs.describe_inbox(settings)]:
        click.echo(line)


@main.command()
def doctor() -> None:
    """Look whether everything that is needed is there, and say what to do; change nothing."""
    from pipeline.doctor import examine

    is_well = True
    for finding in examine(_settings(), os.environ):
        is_well &= finding.is_well
        click.echo(f"{'well' if finding.is_well else 'LOOK'}  {finding.name}: {finding.says}")
    if not is_well:
        sys.exit(1)


@main.group()
def export() -> None:
    """Write what the database knows to a file."""


@export.command()
@click.option("--month", type=Month(), required=True, help="Reporting month of the returns.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV file to write."
)
def links(month: str, out: Path) -> None:
    """Write one line for every received row: what became of it, and of which incident it tells."""
    from pipeline import jobs

    settings = _settings()
    jobs.prepare(settings)
    click.echo(f"Wrote {jobs.export_links(settings, month, out)} lines to {out}.")


main.add_command(review)
main.add_command(consent)
main.add_command(explain)
main.add_command(forms)
main.add_command(weights)
main.add_command(returns)
for command in (backup, restore, keys, erase):
    main.add_command(command)


def _settings() -> Settings:
    return read_settings(os.environ)


def _refuse_beside_others() -> None:
    """Raise UsageError where the tasks of this home run on other machines, which would take those of this process."""
    if os.environ.get("JAWABDEHI_QUEUE_URL"):
        raise UsageError(
            "Airflow works on several machines here (JAWABDEHI_QUEUE_URL): start the DAG in its pages instead."
        )


def _airflow_environment(settings: Settings) -> dict[str, str]:
    from pipeline import jobs
    from pipeline.airflow_env import airflow_environment

    return airflow_environment(settings, *jobs.prepare(settings), os.environ)


def _issue(settings: Settings, month: str, approve_as: str | None, reason: str | None = None) -> None:
    if approve_as is not None and not approve_as.strip():
        raise click.UsageError("Give the name to approve under, or leave --approve-as out.")
    _refuse_beside_others()
    if not run_in_airflow(settings, month, approve_as, reason):
        sys.exit(1)
    _tell_pages(settings, month)


def run_in_airflow(
    settings: Settings, month: str, approve_as: str | None, correction: str | None = None
) -> bool:
    """Run the DAGs in this process; Airflow is reached through `dags/` only, after its variables are set."""
    os.environ.update(_airflow_environment(settings))
    sys.path.insert(0, str(CHECKOUT / "dags"))
    runner = importlib.import_module("run_in_process")
    return bool(runner.run_month(month, approve_as, correction=correction, tell=click.echo))


def _tell_pages(settings: Settings, month: str) -> None:
    from pipeline import jobs

    pages = jobs.find_pages(settings, month)
    click.echo(f"The edition of {month} is published:" if pages.published else f"The draft of {month} waits:")
    for line in jobs.describe_inbox(settings):
        click.echo(line)
    for place, path in pages.paths.items():
        click.echo(f"  {place}: {path}")
    if not pages.published:
        click.echo(f"  what it hides and why, not for publication: {pages.audit}")
        again = (
            f"correct --month {month} --because {pages.reason}" if pages.reason else f"run --month {month}"
        )
        click.echo(f"Approve it with: jawabdehi {again} --approve-as NAME")
