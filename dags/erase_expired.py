"""
### Erase what is expired

**What it does.** Erases what survivors have taken back and what is too old.

- `purge`: everything sealed of months that closed 90 days ago (`JAWABDEHI_RETENTION_DAYS`), and their keys.
- `erase`: the keys of withdrawn reports and of returns that were taken in, so that no backup opens them.
- `remove`: files that were taken in, from the inbox, seven days later (`JAWABDEHI_KEEP_FILES_DAYS`); after the next
  backup where they hold what was withdrawn or held, and at once where no backups are made.
- `rewrite`: the tables of the database, so that nothing of erased rows is left in its files.
- `save`: the keys as they are now, into the key safe (`JAWABDEHI_KEY_SAFE`), where it is set.

**When.** Every night at half past two, Indian time, after the backup. By hand at any time; a second run changes
nothing.

**When a task fails.** Clear it once the cause in its log is mended; until then nothing more is erased, and what was
promised to survivors is late. `remove`: this program may not delete in the inbox. `save`: the key safe is not there;
what was erased here can still be opened with the keys in it, so plug it in and clear the task soon. `rewrite` waits
for other tasks and may be cleared at any time.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from task_wiring import TASK_DEFAULTS, installation, run_job


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Kolkata"),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def erase_expired() -> None:
    @task
    def purge() -> list[str]:
        """Return the months whose sealed content and keys were erased."""
        from pipeline import jobs

        return run_job(jobs.purge_months)

    @task
    def erase() -> None:
        """Erase the keys of what has left the vault."""
        from pipeline import jobs

        run_job(jobs.erase_spent_keys)

    # Files that cannot be removed hold back nothing of the rest.
    @task
    def remove() -> None:
        """Remove from the inbox what is not needed any more."""
        from pipeline import jobs

        run_job(jobs.remove_files)

    @task
    def rewrite() -> None:
        """Let nothing of erased rows be left in the files of the database."""
        from pipeline import jobs

        run_job(jobs.rewrite_database)

    @task
    def save() -> None:
        """Let the key safe hold the keys as they are now."""
        from pipeline import jobs

        if installation().key_safe is None:
            raise AirflowSkipException("There is no key safe: set JAWABDEHI_KEY_SAFE.")
        run_job(jobs.save_keys_apart)

    purged = purge()
    erased = erase()
    purged >> erased >> [rewrite(), save()]
    purged >> remove()


erase_expired()
