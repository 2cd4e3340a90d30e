"""
### Back up

**What it does.** Writes both databases and all files, encrypted, into a new folder of `JAWABDEHI_BACKUPS`, reads
it again, and lets the key safe hold the keys as they are now. The newest fourteen backups stay.

**When.** Every night at half past one, Indian time. By hand at any time. Skipped where `JAWABDEHI_BACKUPS` is not
set: then run `jawabdehi backup` yourself. The digest of `watch_coverage` says when the last backup is too old.

**When a task fails.** The disk for backups or the key safe is not there or is full: mend that, then clear the task.
Nothing is there under the name of a backup that is not whole.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from task_wiring import TASK_DEFAULTS, installation, run_job


@dag(
    schedule=CronTriggerTimetable("30 1 * * *", timezone="Asia/Kolkata"),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def back_up() -> None:
    @task
    def write() -> None:
        """Write a backup and save the keys."""
        from pipeline import jobs

        if installation().backups is None:
            raise AirflowSkipException("No folder for backups is named: set JAWABDEHI_BACKUPS.")
        run_job(jobs.back_up)

    write()


back_up()
