"""
### Watch coverage

**What it does.** Looks once a day at what waits for the data team: who has not filed before a month closes, drafts
that wait for approval, months that closed and are not published, how many doubtful pairs wait and how long, returns
that were rejected or are held, servers that were not read, the age of the last backup, the room on the disk. Sends
**one** notice about all of it, and none where nothing waits. A notice holds numbers and months only; everything else
is on the desk, behind the login.

**When.** Every morning at eight, Indian time. By hand at any time.

**Who is told.** The addresses in `JAWABDEHI_NOTIFY`, through Airflow's connection `smtp_default`, and the notifiers
in `JAWABDEHI_NOTIFIERS`. Where nobody is named, `tell` is skipped, and its log says so.

**When a task fails.** `look`: the database does not answer; mend that and clear the task. `tell`: the mail server or
another channel did not take the notice; look at the connection `smtp_default`, then clear the task. Nothing else
depends on this DAG.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from notices import is_anybody_told, send_notice
from task_wiring import TASK_DEFAULTS, run_job


@dag(
    schedule=CronTriggerTimetable("0 8 * * *", timezone="Asia/Kolkata"),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def watch_coverage() -> None:
    @task
    def look() -> list[str]:
        """Return what waits, one sentence each, without content."""
        from pipeline import jobs

        return run_job(jobs.watch)

    @task
    def tell(lines: list[str]) -> None:
        """Send one notice about all that waits."""
        if not lines:
            raise AirflowSkipException("Nothing waits.")
        if not is_anybody_told():
            raise AirflowSkipException("Nobody is named for notices: set JAWABDEHI_NOTIFY.")
        send_notice(f"Jawabdehi: {len(lines)} matter(s) wait for the data team", lines)

    tell(look())


watch_coverage()
