"""How the partitions of one asset become those of the next."""

from airflow.partition_mappers.base import PartitionMapper
from airflow.plugins_manager import AirflowPlugin


class MonthOfReturnMapper(PartitionMapper):
    """Map `COLLECTIVE|YYYY-MM` to `YYYY-MM`, so that returns of many collectives start one run a month."""

    def to_downstream(self, key: str) -> str:
        """Return the month of a return's partition key; raise ValueError for a key of another form."""
        collective, separator, month = key.partition("|")
        if not (collective and separator and month):
            raise ValueError("A partition of the asset reports is written COLLECTIVE|YYYY-MM.")
        return month


class PartitionMappingPlugin(AirflowPlugin):
    """Tells Airflow about the mapper: the scheduler looks it up by name."""

    name = "jawabdehi_partition_mapping"
    partition_mappers = [MonthOfReturnMapper]  # noqa: RUF012 (Airflow's own form)
