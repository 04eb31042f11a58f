"""A hub on this machine: answers what huggingface_hub asks for, from a folder."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40


class _Hub(ThreadingHTTPServer):
    """What is served, and under which name."""

    folder: Path
    name: str


@contextmanager
def fake_hub(folder: Path, name: str) -> Iterator[str]:
    """Serve a folder's files as the model of that name; yields the address."""
    server = _Hub(("127.0.0.1", 0), _Answers)
    server.folder, server.name = folder, name
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    server: _Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _answer(self, *, with_body: bool) -> None:
        folder, name = self.server.folder, self.server.name
        path = self.path.partition("?")[0]
        wanted = folder / path.rpartition("/")[2]
        headers = {"X-Repo-Commit": COMMIT}
        status, body = 200, b""
        if path.startswith(f"/api/models/{name}"):
            body = _info(folder, name)
        elif path.startswith(f"/{name}/resolve/") and wanted.is_file():
            body = wanted.read_bytes()
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
        else:
            status, headers["X-Error-Code"] = 404, "RepoNotFound"
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _info(folder: Path, name: str) -> bytes:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    siblings = [{"rfilename": path.name, "size": path.stat().st_size} for path in files]
    info = {"_id": "1", "id": name, "modelId": name, "sha": COMMIT, "private": False}
    rest = {"disabled": False, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings}
    return json.dumps({**info, **rest}).encode()
