"""Large matrices as JSON text: the same to the byte, whoever writes it, and whoever is lost."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from structlog.testing import capture_logs

from app.writing import Writer, helper, portions
from app.writing.helper import Helper
from app.writing.helper_main import MESSAGE, Array
from app.writing.portions import portions_of

SHAPES = [
    (8, 128, 128),
    (3, 7, 9001),
    (1000, 300),
    (70_000, 1),
    (1, 70_000),
    (70_000,),
    (2, 1, 40_000),
    (65_537, 1, 1),
]


def drawn(*shape: int, seed: int = 0) -> Array:
    """Draw numbers of every magnitude; some are masked."""
    made = np.random.default_rng(seed)
    numbers = made.standard_normal(shape) * 10.0 ** made.integers(-44, 38, shape)
    numbers[made.random(shape) < 0.05] = -np.inf
    return numbers.astype(np.float32)


def expected(array: Array) -> bytes:
    return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


def written(by: Writer, *matrices: Array) -> list[bytes]:
    with by.writing() as writing:
        texts = [writing.start(matrix) for matrix in matrices]
        writing.finish()
        return [b"".join(text.pieces) for text in texts]


@pytest.fixture(scope="module")
def helped() -> Iterator[Writer]:
    made = Writer(has_helper=True)
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[Writer]:
    made = Writer(has_helper=True)
    yield made
    made.close()


def pid_of(by: Writer) -> int:
    assert by._helper is not None
    return by._helper._process.pid


@pytest.mark.parametrize("shape", SHAPES)
def test_text_is_that_of_the_whole(helped: Writer, shape: tuple[int, ...]) -> None:
    matrix = drawn(*shape)

    for by in (helped, Writer(has_helper=False)):
        assert written(by, matrix) == [expected(matrix)]


def test_matrices_of_an_answer_are_kept_apart(helped: Writer) -> None:
    matrices = [drawn(8, 128, 128), drawn(3, 5), drawn(8, 128, 64, seed=1), drawn(0, 4)]

    assert written(helped, *matrices) == [expected(matrix) for matrix in matrices]


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=1, max_dims=3, max_side=9),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    st.integers(1, 40),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_portions_of_any_size_make_up_the_text(
    monkeypatch: pytest.MonkeyPatch, matrix: Array, size: int
) -> None:
    monkeypatch.setattr(portions, "_PORTION", size)
    found = portions_of(matrix)

    for portion in found:
        portion.write()

    assert b"".join(portion.text or b"" for portion in found) == expected(matrix)
    assert all(portion.numbers.size <= max(size, matrix.shape[-1]) for portion in found)


def test_the_helper_writes_what_nobody_takes_back() -> None:
    made, parts = Helper(), portions_of(drawn(8, 128, 128))
    alone = portions_of(drawn(8, 128, 128))
    for number, part in enumerate(parts):
        assert made.offer(number, part)

    found = dict(collected for _ in parts if (collected := made.collect()) is not None)

    for number, part in enumerate(alone):
        part.write()
        assert found[number] == part.text
    assert made.collect() is None
    assert made.take_back() is None
    made.close()
    assert made._process.returncode == 0


def test_the_longest_numbers_have_room() -> None:
    # Neither the digits nor the exponent of a float32 take more; one row each, for the brackets.
    longest = np.full((70_000, 1), np.float32(-1.1754944e-38))
    wide = np.full(70_000, np.float32(-12_345_679e8))
    made = Helper()
    for number, part in enumerate([*portions_of(longest), *portions_of(wide)]):
        made.offer(number, part)
        place, room = made._places[number], made._n_text_bytes

        collected = made.collect()

        assert collected is not None
        assert place + len(collected[1]) <= room
    made.close()


def test_more_portions_than_the_queue_holds(own: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "_PORTION", 16)
    matrix = drawn(9, 100, 100)
    written(own, drawn(8, 128, 128))
    os.kill(pid_of(own), signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (pid_of(own), signal.SIGCONT)).start()

    assert written(own, matrix) == [expected(matrix)]


def test_an_answer_that_is_given_up_leaves_nothing_behind(own: Writer) -> None:
    with own.writing() as writing:
        text = writing.start(drawn(8, 128, 128))
    with pytest.raises(RuntimeError, match="finish"):
        _ = text.pieces
    matrix = drawn(8, 128, 128, seed=1)

    assert written(own, matrix) == [expected(matrix)]


def test_the_second_of_two_answers_is_written_alone(own: Writer) -> None:
    matrix, other = drawn(8, 128, 128), drawn(8, 128, 128, seed=1)
    with own.writing() as writing:
        text = writing.start(matrix)

        assert written(own, other) == [expected(other)]

        writing.finish()
        assert b"".join(text.pieces) == expected(matrix)


def test_many_threads_write_at_once(own: Writer) -> None:
    matrices = [drawn(8, 100, 100, seed=seed) for seed in range(4)] * 20

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda matrix: written(own, matrix), matrices))

    assert found == [[expected(matrix)] for matrix in matrices]


@pytest.mark.parametrize("then", ["exit()", "import time; time.sleep(60)"])
def test_a_helper_that_is_lost_with_a_portion_loses_no_text(
    own: Writer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"import socket, sys; socket.socket(fileno=int(sys.argv[1])).recv({MESSAGE.size}); {then}"
    )
    monkeypatch.setattr(helper, "_PROGRAM", program)
    monkeypatch.setattr(helper, "_REPLY_S", 0.2)
    matrix = drawn(8, 128, 128)
    with capture_logs() as logs, own.writing() as writing:
        text = writing.start(matrix)
        wait_until_taken(own)
        writing.finish()
        assert b"".join(text.pieces) == expected(matrix)

    assert [log["event"] for log in logs] == ["helper_lost"]
    monkeypatch.undo()
    assert written(own, matrix) == [expected(matrix)]
    assert own._helper is None, "not started again so soon"
    own._next_start_s = 0.0
    assert written(own, matrix) == [expected(matrix)]
    assert own._helper is not None


def test_a_helper_that_died_at_rest_is_replaced(own: Writer) -> None:
    matrix = drawn(8, 128, 128)
    written(own, matrix)
    first = pid_of(own)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    own._next_start_s = 0.0

    assert written(own, matrix) == [expected(matrix)]
    assert pid_of(own) != first


def test_without_a_process_the_service_writes_alone(
    own: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    n_open = n_open_files()
    matrix = drawn(8, 128, 128)

    with capture_logs() as logs:
        assert written(own, matrix, matrix) == [expected(matrix)] * 2

    assert [log["event"] for log in logs] == ["no_helper"]
    assert n_open_files() == n_open


def test_a_closed_writer_has_no_helper_and_writes_on() -> None:
    n_open = n_open_files()
    by, matrix = Writer(has_helper=True), drawn(8, 128, 128)
    with by.writing() as writing:
        text = writing.start(matrix)
        by.close()  # The service ends while somebody is still answered.
        writing.finish()
        assert b"".join(text.pieces) == expected(matrix)

    by.close()

    assert written(by, matrix) == [expected(matrix)]
    assert by._helper is None
    assert n_open_files() == n_open


def test_the_helper_ends_with_the_service() -> None:
    program = (
        "import time, numpy; from app.writing import Writer; by = Writer(has_helper=True);"
        "by.lend(); print(by._helper._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        os.kill(pid, 0)
        service.kill()

    for _ in range(500):
        if not Path(f"/proc/{pid}").exists() or is_zombie(pid):
            return
        time.sleep(0.01)
    pytest.fail("the helper outlived its service")


def test_what_only_a_large_answer_needs_is_given_back(
    own: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = drawn(8, 128, 128)
    written(own, matrix)
    assert own._helper is not None
    kept = os.fstat(own._helper._numbers).st_size
    monkeypatch.setattr(helper, "_KEPT_BYTES", 0)

    written(own, matrix)

    assert kept == matrix.nbytes
    assert os.fstat(own._helper._numbers).st_size == os.fstat(own._helper._texts).st_size == 0


def n_open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def wait_until_taken(by: Writer) -> None:
    """Wait until the helper has taken the first portion."""
    assert by._helper is not None
    for _ in range(1000):
        message = by._helper._queue.recv(MESSAGE.size, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        if MESSAGE.unpack(message)[0] > 0:
            return
        time.sleep(0.01)
    pytest.fail("the helper took nothing")


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
