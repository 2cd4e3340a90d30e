"""Reads the DAG files as Airflow's DAG processor does and prints what it found as one line of JSON."""

import inspect
import json
import os
import sys
import time
from pathlib import Path

from airflow.configuration import retrieve_configuration_description
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

HEAVY = ("great_expectations", "pandas", "polars", "duckdb", "pyarrow", "pipeline.jobs")

folder = Path(os.environ["JAWABDEHI_CHECKOUT"]) / "dags"
started = time.monotonic()
bag = DagBag(folder)
seconds = time.monotonic() - started


def describe_task(task) -> dict:
    function = getattr(task, "python_callable", None) or getattr(task, "op_kwargs", {}).get("python_callable")
    function = function or getattr(task, "partial_kwargs", {}).get("python_callable")
    returned = inspect.signature(function).return_annotation if function else None
    return {
        "returns": str(returned.__name__ if isinstance(returned, type) else returned),
        "is_function": function is not None,
        "shows_return_value": getattr(task, "partial_kwargs", vars(task)).get("show_return_value_in_logs"),
        "name_of_mapped": task.map_index_template,
        "retries": task.retries,
        "outlets": [outlet.name for outlet in getattr(task, "outlets", [])],
        "downstream": sorted(task.downstream_task_ids),
        "trigger_rule": str(task.trigger_rule),
        "body": getattr(task, "body", None),
    }


def describe_dag(dag) -> dict:
    stored = DagSerialization.serialize_dag(dag)
    return {
        "doc_md": dag.doc_md,
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "timetable": stored["timetable"],
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
    }


sys.stdout.write(
    json.dumps(
        {
            "import_errors": bag.import_errors,
            "seconds": seconds,
            "heavy": sorted(name for name in HEAVY if name in sys.modules),
            "known_settings": {
                name: list(section["options"])
                for name, section in retrieve_configuration_description().items()
            },
            "dags": {dag_id: describe_dag(dag) for dag_id, dag in bag.dags.items()},
        },
        default=str,
    )
)
