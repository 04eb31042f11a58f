"""What was promised outlives ``kill -9``; ``tests.faults.kill_cycles`` does it fifty times."""

from pathlib import Path

from tests.faults.kill_cycles import run_cycles


def test_nothing_promised_is_lost_or_corrupt_after_a_kill(tmp_path: Path) -> None:
    figures = run_cycles(5, tmp_path / "data")

    assert figures.promised > 5
    assert (figures.lost, figures.corrupt) == (0, 0)
