"""
### Collect returns

**What it does.** Looks every hour for what is new on the servers of forms (`pull`, one task a source), and
for returns that collectives have put into their folders (`land`), and takes each new return in: reads it,
holds back rows with personal data, checks the rows, stores them, and writes the return slip that the
collective gets back. Each return is a task of its own (`take_in`), named by its return id.

**When.** Every hour. A run can be started by hand at any time; nothing is counted twice.

**When a task fails**

- `pull`: the log says whether the server, the token or the form is at fault. The other sources and the
  folders are not affected. After the cause is mended, clear the task, or wait: the next hour goes on where
  the last one stopped. Where many reports are gone from a server at once, the task stops and asks, since a
  withdrawal cannot be taken back.
- `land`: the inbox cannot be read, or the database does not answer. Mend that, then clear the task.
- `take_in`: the log names the place of the error, never a value. Other returns are not affected. After
  the cause is mended, clear the failed task, or wait: the next hour takes the return again. A return that
  is *unusable* is not a failure: the task succeeds, and its slip says what the collective has to mend. Nor is
  one that waits for a person because of what it looks like as a whole: `jawabdehi returns list` names it.
- `announce`: clear the task. It only tells `link_incidents` which months have news.
- `confirm` fails when any other task did, and is skipped when all went well: there is nothing to do about it.
"""

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from task_wiring import REPORTS, TASK_DEFAULTS, installation, read_source, run_job


@dag(
    schedule="0 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["jawabdehi"],
)
def collect_returns() -> None:
    @task
    def list_sources() -> list[str]:
        """Return the names of the forms on servers that are collected."""
        return list(installation().sources)

    @task(map_index_template="{{ task.op_kwargs['name'] }}", show_return_value_in_logs=False)
    def pull(name: str) -> str:
        """Land what is new on one server as returns."""
        from pipeline import jobs

        return run_job(jobs.pull_source, name, read_source(name))

    # Neither a server that is away nor the lack of any holds back the folders.
    @task(trigger_rule="all_done")
    def land() -> list[str]:
        """Return the ids of the returns that are not stored yet."""
        from pipeline import jobs

        return run_job(jobs.land_returns)

    @task(
        map_index_template="{{ task.op_kwargs['return_id'] }}",
        # Mapped tasks do not take this from the DAG's defaults.
        show_return_value_in_logs=False,
    )
    def take_in(return_id: str) -> str | None:
        """Take one return in; give its partition, or nothing where the whole return was rejected."""
        from pipeline import jobs

        return run_job(jobs.take_in_return, return_id)

    # Returns that fail do not hold back the others.
    @task(outlets=[REPORTS], trigger_rule="all_done")
    def announce(*, outlet_events=None) -> list[str]:  # noqa: ANN001
        """Mark the partitions whose reports wait for linkage."""
        from pipeline import jobs

        news = run_job(jobs.list_news)
        if not news:
            raise AirflowSkipException("No return brought news.")
        outlet_events[REPORTS].add_partitions(news)
        return news

    # A run succeeds or fails as its last task does, which would hide a return that failed.
    @task(trigger_rule="one_failed", retries=0)
    def confirm() -> None:
        """Fail the run where a task before this one failed; skipped otherwise."""
        raise AirflowFailException("Not every return was taken in: see the failed tasks of this run.")

    pulled = pull.expand(name=list_sources())
    landed = land()
    taken_in = take_in.expand(return_id=landed)
    announced = announce()
    pulled >> landed
    taken_in >> announced
    [pulled, taken_in, announced] >> confirm()


collect_returns()
