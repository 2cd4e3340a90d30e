"""
### Issue the monthly report

**What it does.** Counts the incidents of one month, protects the counts, audits whether anything small could
be found out from them and all that was published before, writes the national page and one page a state, waits
for a person's approval, and publishes the edition.

**When.** Airflow starts one run a month, on the first of the following month (midnight in India). It
waits in `wait_for_returns` until every expected collective has filed, at the latest until the closing day
(the 10th, unless set otherwise). **On demand**: start a run with the month as `YYYY-MM`; it does not
wait. A month that is published already stays as it is: such a run ends with its tasks skipped. If Airflow
was down over the end of more than one month, start the earlier ones on demand. **To correct a published
month**, start a run with the month and a reason for the correction; figures move only where at least ten
persons stand behind the change.

**What you do.** When `approve` waits, open the edition on the desk (*Jawabdehi*, *Editions*), read the draft and its
audit, and answer there. (*Required Actions* asks the same; the draft lies under `drafts/` and the audit report
under `audits/` in the home folder.) *Approve* publishes under your name. *Reject*, and no answer
within fourteen days, publishes nothing: mend what is wrong and start a run on demand. Marking `approve` as
successful by hand publishes nothing either, since no name stands behind it.

**When a task fails.** The log names the place of the error, never a value. Mend the cause and clear the
failed task; what follows it runs again. Every task can be repeated safely, and published editions never
change.
"""

from datetime import timedelta

from airflow.sdk import (
    CronPartitionTimetable,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from approval import ApprovePublication, list_approvers, name_of_approver
from notices import tell_missed_deadline
from task_wiring import CORRECTION, HEAVY_POOL, MONTH, TASK_DEFAULTS, installation, reporting_month, run_job

_DAYS_UNTIL_LATE = installation().closing_day + 7
"""After the month's end: a week after it has closed, its report should have been read and approved."""


@task.sensor(mode="reschedule", poke_interval=timedelta(minutes=30), timeout=timedelta(days=45))
def wait_for_returns() -> bool:
    """Wait until every expected collective has filed or the closing day has come."""
    from pipeline import jobs

    if get_current_context()["dag_run"].run_type == "manual":
        return True
    return run_job(jobs.month_is_due, reporting_month())


@task
def open_draft() -> str:
    """Return the id of the month's draft edition."""
    from pipeline import jobs

    edition = run_job(jobs.open_edition, reporting_month(), get_current_context()["params"]["correction"])
    if edition is None:
        raise AirflowSkipException("This month is published already.")
    return edition


@task
def tabulate(edition: str) -> str:
    """Count the month's incidents for every planned cell."""
    from pipeline import jobs

    return run_job(jobs.tabulate_edition, edition)


@task(pool=HEAVY_POOL)
def protect(edition: str) -> str:
    """Decide which counts may be seen."""
    from pipeline import jobs

    return run_job(jobs.protect_edition, edition)


@task(pool=HEAVY_POOL)
def audit(edition: str) -> str:
    """Prove that nothing small can be found out, and say in a few lines what is hidden."""
    from pipeline import jobs

    return run_job(jobs.audit_edition, edition)


@task
def list_geographies(edition: str) -> list[str]:
    """Return the country and the states that get a page."""
    from pipeline import jobs

    return run_job(jobs.list_geographies, edition)


@task(
    map_index_template="{{ task.op_kwargs['geography'] }}",
    # Mapped tasks do not take this from the DAG's defaults.
    show_return_value_in_logs=False,
)
def render(edition: str, geography: str) -> None:
    """Write the pages of one geography."""
    from pipeline import jobs

    run_job(jobs.render_edition, edition, geography)


@task
def seal(edition: str) -> str:
    """Write the manifest and return its SHA-256: it stands for every byte of the draft."""
    from pipeline import jobs

    return run_job(jobs.seal_edition, edition)


@task
def publish(edition: str, manifest: str, approval: dict[str, object]) -> str:
    """Publish exactly what was approved, under the approver's name."""
    from pipeline import jobs

    return run_job(jobs.publish_edition, edition, manifest, name_of_approver(approval))


@dag(
    # The first of the month and not the closing day: only then is a month's partition the same for scheduled
    # runs, runs by hand and backfills.
    schedule=CronPartitionTimetable("0 0 1 * *", timezone="Asia/Kolkata", run_offset=-1, key_format="%Y-%m"),
    # The last month's end is made up for when Airflow was down; earlier ones are started on demand.
    catchup=False,
    # Months that wait for returns or for approval do not hold up others.
    max_active_runs=8,
    deadline=DeadlineAlert(
        name="published",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(days=_DAYS_UNTIL_LATE),
        callback=SyncCallback(tell_missed_deadline, kwargs={"days": _DAYS_UNTIL_LATE}),
    ),
    params={"month": MONTH, "correction": CORRECTION},
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def issue_monthly_report() -> None:
    edition = open_draft()
    tabulated = tabulate(edition)
    protected = protect(tabulated)
    audited = audit(protected)
    geographies = list_geographies(protected)
    audited >> geographies
    pages = render.partial(edition=edition).expand(geography=geographies)
    sealed = seal(edition)
    approve = ApprovePublication(
        task_id="approve",
        subject="Publish edition {{ ti.xcom_pull(task_ids='open_draft') }}?",
        body="Read the pages of the draft under `drafts/` and its audit under `audits/` in the home folder first.\n\n"
        "*Approve* publishes the edition under your name and cannot be taken back. "
        "*Reject* publishes nothing.\n\n{{ ti.xcom_pull(task_ids='audit') }}\n\n"
        "SHA-256 of the draft's manifest: {{ ti.xcom_pull(task_ids='seal') }}",
        defaults="Reject",
        assigned_users=list_approvers(),
        response_timeout=timedelta(days=14),
        # Airflow loses an answer that comes within a second or two and tries again: the question is put anew.
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=False,
    )
    wait_for_returns() >> edition
    pages >> sealed >> approve >> publish(edition, sealed, approve.output)


issue_monthly_report()
