"""What has to be known of a machine to compare figures, and nothing that tells whose it is."""

import os
import platform
from importlib.metadata import version
from typing import Any

import psutil

_PACKAGES = ("polars", "duckdb", "apache-airflow", "great-expectations", "pandas", "sqlalchemy", "psycopg")


def describe_machine() -> dict[str, Any]:
    """Return cores, memory, system and versions; no name, no path, no address."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3),
        "system": platform.system(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "load_before": round(os.getloadavg()[0], 1),
    }
