"""Large matrices as JSON text: the same to the byte, whoever writes it, and whoever is lost."""

import contextlib
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

from app.writing import Writer, helper, helper_main, portions
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
    bits = np.random.default_rng(0).integers(0, 2**32, 100_000, np.uint32)
    longest = max(bits.view(np.float32), key=lambda number: len(expected(number)))
    # As one row, and as many: each has its brackets.
    wide = np.full((1, 70_000), longest)
    made = Helper()
    for number, part in enumerate([*portions_of(wide), *portions_of(wide.T.copy())]):
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
    later = threading.Timer(0.5, os.kill, (pid_of(own), signal.SIGCONT))
    later.start()

    assert written(own, matrix) == [expected(matrix)]
    later.join()


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


@pytest.mark.parametrize(("then", "reply_s"), [("exit()", 60.0), ("time.sleep(600)", 0.2)])
def test_a_helper_that_is_lost_with_a_portion_loses_no_text(
    own: Writer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str, reply_s: float
) -> None:
    program = tmp_path / "program.py"
    taking = f"socket.socket(fileno=int(sys.argv[1])).recv({MESSAGE.size})"
    program.write_text(f"import socket, sys, time; {taking}; {then}")
    monkeypatch.setattr(helper, "_PROGRAM", program)
    monkeypatch.setattr(helper, "_REPLY_S", reply_s)
    matrix = drawn(8, 128, 128)
    started_s = time.monotonic()
    with capture_logs() as logs, own.writing() as writing:
        text = writing.start(matrix)
        wait_until_taken(own)
        writing.finish()
        assert b"".join(text.pieces) == expected(matrix)
        # Nobody is to wait for it a second time.
        assert own._helper is not None
        own._helper._process.wait(20)

    assert time.monotonic() - started_s < 30, "its end was not seen"
    assert [log["event"] for log in logs] == ["helper_lost"]
    monkeypatch.undo()
    assert written(own, matrix) == [expected(matrix)]
    assert own._helper is None, "not started again so soon"
    own._next_start_s = 0.0
    assert written(own, matrix) == [expected(matrix)]
    assert own._helper is not None


def test_no_answer_gets_what_an_earlier_one_left(
    own: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = contextlib.suppress(MemoryError)
    with monkeypatch.context() as patch, failing, own.writing() as writing:
        patch.setattr(os, "pread", out_of_memory)
        writing.start(drawn(8, 128, 128))
        wait_until_taken(own)
        with pytest.raises(MemoryError):
            writing.finish()
    own._next_start_s = 0.0

    for seed in range(1, 5):
        matrix = drawn(8, 128, 128, seed=seed)
        assert written(own, matrix) == [expected(matrix)]


def test_files_that_do_not_hold_all_lose_no_text() -> None:
    program = """
import resource, numpy, orjson
from app.writing import Writer
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
by = Writer(has_helper=True)
for seed in range(20):
    matrix = numpy.random.default_rng(seed).standard_normal((8, 256, 256), numpy.float32)
    with by.writing() as writing:
        text = writing.start(matrix)
        writing.finish()
        expected = orjson.dumps(matrix, option=orjson.OPT_SERIALIZE_NUMPY)
        assert b"".join(text.pieces) == expected, seed
    by._next_start_s = 0.0
by.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)


def test_the_helper_refuses_numbers_that_are_not_there() -> None:
    offered, queue = socket.socketpair()
    answered, replies = socket.socketpair()
    numbers, texts = os.memfd_create("numbers"), os.memfd_create("texts")
    offered.send(MESSAGE.pack(0, 0, 0, 4, 0, 0, b"[", b"]"))
    offered.close()

    with pytest.raises(OSError, match="must hold"):
        helper_main.main(queue.detach(), replies.detach(), numbers, texts)

    assert answered.recv(1) == b""
    answered.close()
    os.close(numbers)
    os.close(texts)


def test_a_start_that_fails_otherwise_can_be_tried_again(
    own: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", out_of_memory)
        with pytest.raises(MemoryError):
            written(own, drawn(8, 128, 128))
    own._next_start_s = 0.0

    written(own, drawn(8, 128, 128))

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


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_closed_writer_has_no_helper_and_writes_on(*, is_stopped: bool) -> None:
    n_open = n_open_files()
    by, matrix = Writer(has_helper=True), drawn(8, 128, 128)
    with capture_logs() as logs:
        with by.writing() as writing:
            text = writing.start(matrix)
            pid = pid_of(by)
            if is_stopped:
                os.kill(pid, signal.SIGSTOP)
            by.close()  # The service ends while somebody is still answered.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            writing.finish()
            assert b"".join(text.pieces) == expected(matrix)

        assert by._helper is None
        assert n_open_files() == n_open
        by._next_start_s = 0.0
        assert written(by, matrix) == [expected(matrix)]
        assert by._helper is None
    assert logs == []


def test_a_writer_that_was_closed_meanwhile_starts_no_helper() -> None:
    by = Writer(has_helper=True)
    by.close()

    # Who asked just before has the lock by now.
    assert by._ready() is None


def test_what_a_terminal_sends_to_the_service_spares_the_helper(own: Writer) -> None:
    written(own, drawn(8, 128, 128))

    assert os.getpgid(pid_of(own)) == pid_of(own)


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
    written(own, matrix)
    assert os.fstat(own._helper._numbers).st_size == kept
    monkeypatch.setattr(helper, "_KEPT_BYTES", 0)

    written(own, matrix)

    assert kept == matrix.nbytes
    assert os.fstat(own._helper._numbers).st_size == os.fstat(own._helper._texts).st_size == 0


def n_open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def out_of_memory(*_: object, **__: object) -> None:
    raise MemoryError


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
