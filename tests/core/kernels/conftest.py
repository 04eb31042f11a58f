"""What tests of the Triton kernel share: processes in which Triton interprets, or compiles."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.core.kernels.triton_processes import compiles, interprets

# Triton is made for Linux alone, and installed for tests there.
collect_ignore_glob = [] if find_spec("triton") else ["test_triton*.py"]


@pytest.fixture(scope="package")
def interpreter() -> Iterator[ProcessPoolExecutor]:
    """A process in which kernels run in Triton's interpreter, on the CPU.

    Triton reads once, when it is first imported, whether to compile or to interpret, and anything
    that other tests do in this process may have imported it.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=interprets) as pool:
        yield pool


@pytest.fixture(scope="package")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPoolExecutor]:
    """A process in which kernels are compiled, which needs no GPU; what it makes goes with it."""
    folder: Path = tmp_path_factory.mktemp("triton")
    spawn = multiprocessing.get_context("spawn")
    arguments = (str(folder),)
    with ProcessPoolExecutor(1, spawn, initializer=compiles, initargs=arguments) as pool:
        yield pool
