"""Damaged files: each ends in one slip, and none crashes, hangs or floods the intake."""

from bench.mutations.__main__ import list_seeds
from bench.mutations.harness import send_through
from bench.mutations.mutate import list_mutations


def test_every_damaged_file_gets_one_slip_within_time_and_memory(settings, tmp_path) -> None:
    damaged = list_mutations(list_seeds(tmp_path), 40)
    assert len(set(damaged)) == 40
    watched = send_through(settings, damaged, most_seconds=60)
    assert watched.crashes == 0
    assert watched.slips == watched.files == 40
    assert watched.peak_mib < 1024
    assert len(watched.states) == 2
