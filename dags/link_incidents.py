"""
### Link incidents

**What it does.** Finds out which reports of one month tell of the same incident, and queues doubtful
pairs for review by a person. Which month a report counts in does not change once its edition is published.

**What you do.** `jawabdehi status` says how many pairs wait and how long; `jawabdehi review list` names them,
`review show` and `review decide` settle them. What is not settled when the month closes is counted as several
incidents, and the edition says how much hangs on it.

**When.** As soon as `collect_returns` has taken in reports for a month; one run a month with news. By
hand: give the month as `YYYY-MM`. A second run changes nothing.

**When a task fails.** The log of `link` names the place of the error, never a value. Mend the cause, then
clear the task. No edition of that month should be approved before it has succeeded.
"""

from airflow.sdk import PartitionedAssetTimetable, dag, task
from partition_mapping import MonthOfReturnMapper
from task_wiring import HEAVY_POOL, INCIDENTS, MONTH, REPORTS, TASK_DEFAULTS, reporting_month, run_job


@dag(
    schedule=PartitionedAssetTimetable(assets=REPORTS, default_partition_mapper=MonthOfReturnMapper()),
    catchup=False,
    # The windows of two months overlap.
    max_active_runs=1,
    params={"month": MONTH},
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def link_incidents() -> None:
    @task(outlets=[INCIDENTS], pool=HEAVY_POOL)
    def link(*, outlet_events=None) -> str:  # noqa: ANN001
        """Link the month's reports and mark the month's incidents."""
        from pipeline import jobs

        month = reporting_month()
        outlet_events[INCIDENTS].add_partitions(month)
        return run_job(jobs.link_month, month)

    link()


link_incidents()
