"""What the tests of captures share: models that are none, and ways to wait for a capture."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import torch
from safetensors.torch import save

from attention_core import (
    AttentionError,
    AttentionSpec,
    Capture,
    CaptureOptions,
    Layer,
    ModelInput,
    Note,
    Stack,
    Token,
    UnknownModelError,
)

CAPTURES = "/api/v1/captures"
TEXT = {"source": {"kind": "tokens", "text": "the cat sat on the red mat", "spec": {"heads": 2}}}
ENDED = ("ready", "failed")


@dataclass
class FakeModel:
    """A model of random queries and keys, one token a word: 3 layers, 5 heads.

    Attributes:
        started: Set when a capture has begun.
        goes_on: A capture waits for it.
        error: What a capture ends in.
    """

    name: str = "fake"
    accepts: frozenset[str] = frozenset({"text", "image"})
    started: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    asked: list[tuple[ModelInput, CaptureOptions]] = field(default_factory=list)

    def capture(self, asked: ModelInput, *, options: CaptureOptions) -> Capture:
        self.asked.append((asked, options))
        self.started.set()
        for step in range(3):
            while not self.goes_on.wait(0.005):
                assert options.check is not None
                options.check()
            assert options.on_progress is not None
            options.on_progress(step + 1, 3)
        if self.error is not None:
            raise self.error
        return fake_capture((asked.text or "patch patch").split(), image=asked.image)


def fake_capture(words: list[str], image: bytes | None = None) -> Capture:
    made = torch.Generator().manual_seed(11)
    shape = (5, len(words), 7)
    layers = tuple(
        Layer(
            AttentionSpec(),
            torch.randn(shape, generator=made),
            torch.randn(shape, generator=made),
            torch.randn(shape, generator=made),
        )
        for _ in range(3)
    )
    tokens = tuple(Token(text=word, piece=f"▁{word}", word=i) for i, word in enumerate(words))
    stacks = {"self": Stack(layers, tokens, tokens, n_given=len(words))}
    return Capture(stacks, "fake", (Note("fake", "It is none."),), image)


class FakePool:
    """A pool of one model that is none."""

    def __init__(self, model: FakeModel | None = None) -> None:
        self.model = model or FakeModel()
        self.opening: Callable[[], None] = lambda: None

    def require(self, name: str) -> None:
        if name != self.model.name:
            raise UnknownModelError(
                f"model must be one of: fake; got {name!r}.", field=("source", "model")
            )

    @contextmanager
    def opened(self, name: str, on_progress: Callable[[int, int], None]) -> Iterator[FakeModel]:
        self.opening()
        yield self.model

    def rows(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


def raising(error: AttentionError) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def tensors_of(n_heads: int = 3, n_tokens: int = 5, dim: int = 7, **more: torch.Tensor) -> bytes:
    made = torch.Generator().manual_seed(13)
    names = ("query", "key", "value")
    given = {name: torch.randn(n_heads, n_tokens, dim, generator=made) for name in names}
    return save(given | more)


def png() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (8, 8), 128).save(file, "PNG")
    return file.getvalue()


async def post(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    """Promise a capture; returns its id."""
    answer = await client.post(CAPTURES, json=body)
    assert answer.status_code == 202, answer.text
    capture_id: str = answer.json()["id"]
    return capture_id


async def upload(client: httpx.AsyncClient, content: bytes, **query: str) -> httpx.Response:
    params = {"source": "tensors", "format": "safetensors"} | query
    headers = {"Content-Type": "application/octet-stream"}
    return await client.post(CAPTURES, params=params, content=content, headers=headers)


async def ended(client: httpx.AsyncClient, capture_id: str) -> dict[str, Any]:
    """Wait until a capture is ready or failed."""
    for _ in range(2000):
        found: dict[str, Any] = (await client.get(f"{CAPTURES}/{capture_id}")).json()
        if found["state"] in ENDED:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)


async def ready(client: httpx.AsyncClient, body: dict[str, Any] = TEXT) -> dict[str, Any]:
    """Promise a capture and wait until it is ready."""
    found = await ended(client, await post(client, body))
    assert found["state"] == "ready", found["problem"]
    return found
