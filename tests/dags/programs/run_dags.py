"""Runs DAGs in this process, one after the other, and prints the states of their tasks as JSON.

`run_dags.py [["DAG", {"VARIABLE": "value"}], …]`; what the probe notifier got is printed, too.
"""

import importlib
import json
import os
import sys

from airflow.sdk import BaseNotifier
from airflow.utils.db import initdb

GOT: list[str] = []


class Probe(BaseNotifier):
    """Stands in for a notifier of another provider: a text with a template in it."""

    template_fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: object) -> None:
        GOT.append(self.text)


def run(name: str, variables: dict[str, str]) -> dict[str, object]:
    before = dict(os.environ)
    os.environ.update(variables)
    GOT.clear()
    try:
        dag = getattr(importlib.import_module(name), name)()
        for task in dag.tasks:
            task.retries = 0
        run = dag.test()
    finally:
        os.environ.clear()
        os.environ.update(before)
    states = {each.task_id: str(each.state) for each in run.get_task_instances()}
    return {"states": states, "got": list(GOT)}


sys.modules["probe"] = sys.modules["__main__"]
initdb()
ended = [run(name, variables) for name, variables in json.loads(sys.argv[1])]
sys.stdout.write(json.dumps(ended) + "\n")
