"""Commands for keys, backups and erasing."""

import os
from pathlib import Path

import click

from pipeline.cli_review import ready
from pipeline.settings import read_settings

_safe = click.option(
    "--key-safe",
    "safe",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder on another disk for the keys; by default JAWABDEHI_KEY_SAFE.",
)


@click.command()
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one folder a backup, best on another machine; by default JAWABDEHI_BACKUPS.",
)
@_safe
@click.option(
    "--keep", type=click.IntRange(1), default=14, show_default=True, help="How many backups stay in DIR."
)
def backup(out: Path | None, safe: Path | None, keep: int) -> None:
    """Write both databases and all files, encrypted, and save the keys apart."""
    from pipeline import jobs

    settings = ready()
    click.echo("Reading databases and files; this takes some seconds, for very many reports some minutes.")
    folder = jobs.back_up(settings, out, safe, keep=keep)
    click.echo(f"The backup is in {folder}; it was read again and is whole.")
    click.echo("It opens with the key safe only: keep that apart from the backups.")


@click.command()
@click.argument(
    "backup_folder", metavar="BACKUP", type=click.Path(file_okay=False, exists=True, path_type=Path)
)
@_safe
def restore(backup_folder: Path, safe: Path | None) -> None:
    """Put a backup into an empty home, check it, and erase again what was erased since."""
    from pipeline import jobs

    settings = read_settings(os.environ)
    folder = safe or settings.key_safe
    if folder is None:
        raise click.UsageError("Give the folder of the keys: --key-safe.")
    for line in jobs.restore_backup(settings, backup_folder.absolute(), folder.absolute()):
        click.echo(line)


@click.group()
def keys() -> None:
    """Save the keys apart, or replace them."""


@keys.command()
@_safe
def save(safe: Path | None) -> None:
    """Make a folder on another disk hold the keys as they are now."""
    from pipeline import jobs

    click.echo(f"The key safe holds {jobs.save_keys_apart(ready(), safe)} files of keys.")


@keys.command()
@click.option("--as", "name", metavar="NAME", required=True, help="Your name; it goes into the ledger.")
@click.option(
    "--seal-anew",
    is_flag=True,
    help="Seal all content under new keys of months, too, after keys were leaked. Backups made before open their "
    "sealed content no more.",
)
def rotate(name: str, *, seal_anew: bool) -> None:
    """Replace the vault key and Airflow's keys; stop Airflow first."""
    from pipeline import jobs
    from pipeline.airflow_env import airflow_environment
    from pipeline.airflow_keys import renew_airflow_keys

    settings = ready()
    renew_airflow_keys(
        settings, os.environ, lambda: airflow_environment(settings, *jobs.prepare(settings), os.environ)
    )
    click.echo("Airflow's keys are new; everybody has to log in again.")
    months = jobs.renew_vault_key(settings, actor=name)
    click.echo(f"The vault key is new, and the keys of {months} months are under it.")
    if seal_anew:
        click.echo(f"Sealed anew: {jobs.seal_anew(settings, actor=name)} rows and returns.")
    click.echo("Save the keys now (jawabdehi keys save), and make a backup.")


@click.command()
def erase() -> None:
    """Erase what was withdrawn or is too old, as the DAG erase_expired does every day."""
    from pipeline import jobs

    settings = ready()
    months = jobs.purge_months(settings)
    click.echo(f"Months whose content was purged: {', '.join(months) or 'none'}.")
    click.echo(f"Rows and returns whose keys were erased: {jobs.erase_spent_keys(settings)}.")
    click.echo(f"Files removed from the inbox: {jobs.remove_files(settings)}.")
    jobs.rewrite_database(settings)
    if settings.key_safe is not None:
        jobs.save_keys_apart(settings)
    click.echo("Nothing of what was erased is left in the files of the database.")
