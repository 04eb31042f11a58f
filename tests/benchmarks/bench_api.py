"""POST /api/v1/attention, 8 heads × 128 tokens, against a plain FastAPI endpoint and orjson alone.

Both servers are real uvicorn processes on loopback; rounds are interleaved, so that what else the
machine does falls on all alike. Run with ``python tests/benchmarks/bench_api.py``.
"""

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

N_HEADS, N_TOKENS, DIM = 8, 128, 512
ROUNDS, CONNECTIONS, OUR_TIMES, PLAIN_TIMES = 7, 4, 30, 2

TOKENS = [f"token{i}" for i in range(N_TOKENS)]
REQUEST = {
    "tokens": TOKENS,
    "embedding": {"kind": "hash", "dim": DIM},
    "spec": {"heads": N_HEADS},
}
PLAIN_REQUEST = {"tokens": TOKENS, "n_heads": N_HEADS}
ROOT = Path(__file__).parents[2]
PLAIN_SERVER = ["-m", "uvicorn", "tests.benchmarks.plain_server:app", "--no-access-log"]
OUR_SERVER = ["-m", "app.cli", "serve"]


class Connection:
    """A kept-alive connection that costs its client as little as can be."""

    def __init__(self, port: int, path: str, body: Mapping[str, object]) -> None:
        payload = json.dumps(body).encode()
        self._request = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n"
        ).encode() + payload
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(32 * 2**20))

    def exchange(self) -> memoryview:
        """Send the request and return the body of its answer."""
        self._socket.sendall(self._request)
        n_received, n_expected, n_head = 0, None, 0
        while n_expected is None or n_received < n_expected:
            n_new = self._socket.recv_into(self._buffer[n_received:])
            if not n_new:
                raise ConnectionError("the server closed the connection.")
            n_received += n_new
            if n_expected is None:
                head, found, _ = bytes(self._buffer[: min(n_received, 4096)]).partition(b"\r\n\r\n")
                if found:
                    assert head.startswith(b"HTTP/1.1 200"), head
                    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
                    n_head = len(head) + 4
                    n_expected = n_head + int(length)
        return self._buffer[n_head:n_expected]


@contextmanager
def serving(arguments: list[str]) -> Iterator[int]:
    """Serve on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *arguments, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def median_ms(call: Callable[[], object], times: int) -> float:
    """Time a call several times, one after the other."""
    laps = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        laps.append((time.perf_counter() - started) * 1e3)
    return statistics.median(laps)


def per_second(connections: list[Connection], times: int) -> float:
    """Count the answers per second that several connections get at once."""
    with ThreadPoolExecutor(len(connections)) as pool:
        started = time.perf_counter()
        shares = [pool.submit(exchange_all, each, times) for each in connections]
        for share in shares:
            share.result()
        return len(connections) * times / (time.perf_counter() - started)


def exchange_all(connection: Connection, times: int) -> None:
    """Ask several times over one connection."""
    for _ in range(times):
        connection.exchange()


def floor_of(connection: Connection) -> Callable[[], bytes]:
    """Make the call that only encodes the arrays of an answer with orjson."""
    answer = orjson.loads(connection.exchange())
    arrays = {
        name: np.array(answer[name]["data"], dtype=np.float32)
        for name in ("scores", "weights", "outputs")
    }
    return lambda: orjson.dumps(arrays, option=orjson.OPT_SERIALIZE_NUMPY)


@dataclass
class Contender:
    """One way to get the matrices, and what was measured of it."""

    name: str
    times: int
    port: int
    path: str
    body: Mapping[str, object]
    laps_ms: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Add one round, over new connections: servers close those that rest."""
        connections = [self.connect() for _ in range(CONNECTIONS)]
        self.rates.append(per_second(connections, self.times))
        self.laps_ms.append(median_ms(connections[0].exchange, self.times))

    def connect(self) -> Connection:
        """Open a connection."""
        return Connection(self.port, self.path, self.body)


def main() -> None:
    """Print the table."""
    with serving(OUR_SERVER) as ours, serving(PLAIN_SERVER) as plain:
        path = "/api/v1/attention"
        contenders = [
            Contender("plain FastAPI, .tolist()", PLAIN_TIMES, plain, "/attention", PLAIN_REQUEST),
            Contender("ours, json", OUR_TIMES, ours, path, REQUEST),
            Contender("ours, base64", OUR_TIMES, ours, path, {**REQUEST, "encoding": "base64"}),
        ]
        floor = floor_of(contenders[1].connect())
        floor_laps_ms = []
        for _ in range(ROUNDS):
            floor_laps_ms.append(median_ms(floor, OUR_TIMES))
            for each in contenders:
                each.measure()
        report(contenders, statistics.median(floor_laps_ms))


def report(contenders: list[Contender], floor_ms: float) -> None:
    """Print medians over the rounds, and the ratios that are wanted."""
    slowest = statistics.median(contenders[0].rates)
    print(f"{N_HEADS} heads × {N_TOKENS} tokens, {CONNECTIONS} connections, {ROUNDS} rounds")
    print(f"{'':26}{'bytes':>11}{'1/s':>9}{'× plain':>10}{'one, ms':>10}{'÷ orjson':>10}")
    for each in contenders:
        n_bytes = len(each.connect().exchange())
        rate, lap_ms = statistics.median(each.rates), statistics.median(each.laps_ms)
        print(
            f"{each.name:26}{n_bytes:11,}{rate:9.1f}{rate / slowest:10.1f}"
            f"{lap_ms:10.2f}{lap_ms / floor_ms:10.2f}"
        )
    print(f"{'orjson.dumps alone':26}{'':30}{floor_ms:10.2f}{1:10.2f}")


if __name__ == "__main__":
    main()
