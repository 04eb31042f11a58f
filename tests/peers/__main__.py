"""Run the tests of this package and print what they saw: ``python -m tests.peers``."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.comparison import Comparison, table


class _Collector:
    """Gathers the comparisons that tests record, in the order in which they run."""

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            seen: Any = (value for name, value in report.user_properties if name == "peer")
            self.comparisons += [Comparison(*value) for value in seen]


def main() -> int:
    """Run, print, and pass on pytest's exit code."""
    collector = _Collector()
    here = str(Path(__file__).parent)
    code = pytest.main([here, "-q", "--no-header", "-p", "no:cacheprovider"], plugins=[collector])
    print(table(collector.comparisons))  # noqa: T201  # this is what the command is for
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
