"""Who may ask and what every answer carries: pure ASGI middlewares around the application."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Exceeded, ProblemError, problem_response

HTML_POLICY = (
    "default-src 'none'; script-src 'self'; style-src-elem 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

_UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MAX_PORT = 65_535
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/@]+)(?::(\d{1,5}))?", re.ASCII)
_OPEN_PATHS = frozenset({"/healthz", "/readyz"})


Check = Callable[[Scope, Headers], None]
"""Looks at a request's head; raises a ``ProblemError`` at one that it refuses."""


class SecurityHeaders:
    """Adds to every answer what tells a browser to distrust everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_security_headers(headers: MutableHeaders) -> None:
    """Add the headers that an answer of its Content-Type must carry."""
    is_html = headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = HTML_POLICY if is_html else API_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


class Checks:
    """Refuses a request by its head alone, before anything reads its body.

    Args:
        app: The application behind.
        checks: What a request must pass, in order.
    """

    def __init__(self, app: ASGIApp, checks: Sequence[Check]) -> None:
        self._app = app
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            try:
                for check in self._checks:
                    check(scope, headers)
            except ProblemError as problem:
                response = problem_response(problem, path=scope["path"])
                return await response(scope, receive, send)
        return await self._app(scope, receive, send)


class HeaderSize:
    """Bounds the request line and the headers together."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def __call__(self, scope: Scope, headers: Headers) -> None:
        n_bytes = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        n_bytes += sum(len(name) + len(value) + 4 for name, value in headers.raw)
        if n_bytes > self._max_bytes:
            detail = f"Headers must take at most {self._max_bytes} bytes, got {n_bytes}."
            raise ProblemError(
                400, detail, exceeded=Exceeded("max_header_bytes", n_bytes, self._max_bytes)
            )


def refuse_nul(scope: Scope, _headers: Headers) -> None:
    """Refuse a path that no file system could look up."""
    if "\0" in scope["path"]:
        raise ProblemError(400, "A path must not hold NUL; leave %00 out.")


class AllowedHosts:
    """Accepts requests for known hosts only, which defeats DNS rebinding.

    Args:
        hosts: Names without a port, IPv6 addresses in brackets; ``*`` allows every host.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def __call__(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        name = _without_port(host)
        if name is not None and (name in self._hosts or "*" in self._hosts):
            return
        listed = ", ".join(sorted(self._hosts))
        raise ProblemError(
            400,
            f"The Host must be one of {listed}; got {host[:64]!r}. An operator adds a name with "
            "ATTENTION_ATLAS_ALLOWED_HOSTS.",
        )


def refuse_two_lengths(_scope: Scope, headers: Headers) -> None:
    """Refuse a body of two lengths: a proxy that trusts the other one would see two requests."""
    if "transfer-encoding" in headers and "content-length" in headers:
        raise ProblemError(
            400,
            "A request must have Content-Length or Transfer-Encoding, got both; leave one out.",
            headers={"Connection": "close"},
        )


def refuse_other_origins(scope: Scope, headers: Headers) -> None:
    """Refuse an unsafe method that a page of another origin sends.

    Browsers name the origin; programs send neither header and are let through. A browser that
    sends ``Sec-Fetch-Site`` has compared the origins itself; behind a proxy it alone knows ours.
    """
    if scope["method"] not in _UNSAFE_METHODS:
        return
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    host = headers.get("host", "")
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        is_own = origin in (None, f"http://{host}", f"https://{host}")
    if is_own:
        return
    raise ProblemError(
        403,
        f"A page may send {scope['method']} to its own origin only, here {host[:80]}; got "
        f"{(origin or site or '')[:80]!r}. Call the API from a program, or from its own page.",
    )


class ApiKey:
    """Wants the key with every request but those for the service's health.

    A program sends ``Authorization: Bearer <key>``; a browser asks its user, who leaves the name
    empty and gives the key as the password.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __call__(self, scope: Scope, headers: Headers) -> None:
        if scope["path"] in _OPEN_PATHS:
            return
        given = _key_of(headers.get("authorization", ""))
        if not hmac.compare_digest(given, self._key):
            raise ProblemError(
                401,
                "The API key must come with every request, as 'Authorization: Bearer <key>' or "
                "as the password of Basic; it is missing or wrong.",
                headers={"WWW-Authenticate": 'Basic realm="Attention Atlas", charset="UTF-8"'},
            )


def _key_of(authorization: str) -> bytes:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip().encode()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _without_port(host: str) -> str | None:
    """Return the name in a Host, or None where it is no name with perhaps a port."""
    found = _HOST.fullmatch(host)
    if found is None or int(found[2] or 0) > _MAX_PORT:
        return None
    return found[1]
