"""Raw bodies: what is taken, what is refused, and that it never stays in memory."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from safetensors.torch import save

from tests.api.captures import CAPTURES, FakePool, ended, png, tensors_of, upload
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio


async def test_npz_is_read_as_safetensors_is(client: httpx.AsyncClient) -> None:
    made = np.random.default_rng(3)
    arrays = {name: made.standard_normal((5, 7)).astype("f4") for name in ("query", "key")}
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}

    answers = [
        await upload(client, file.getvalue(), format="npz"),
        await upload(client, save(tensors)),
    ]
    drawn = []
    for answer in answers:
        found = await ended(client, answer.json()["id"])
        assert found["state"] == "ready", found["problem"]
        drawn.append((await client.get(f"{CAPTURES}/{found['id']}/region")).json())

    assert drawn[0] == drawn[1]
    assert drawn[0]["matrix"]["shape"] == [5, 5]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/octet-stream",
        "application/x-npz",
        "application/safetensors",
        "Application/Octet-Stream; x=y",
    ],
)
async def test_tensors_come_under_their_types(client: httpx.AsyncClient, content_type: str) -> None:
    params = {"source": "tensors", "format": "safetensors"}
    headers = {"Content-Type": content_type}

    answer = await client.post(CAPTURES, params=params, content=tensors_of(), headers=headers)

    assert answer.status_code == 202


WRONG_TYPES = {
    "JSON for tensors": ("source=tensors&format=npz", "application/json"),
    "a form": ("source=tensors&format=npz", "multipart/form-data; boundary=x"),
    "none": ("source=tensors&format=npz", None),
    "tensors for an image": ("source=model&model=dates", "application/octet-stream"),
    "SVG": ("source=model&model=dates", "image/svg+xml"),
    "tensors without a source": ("", "application/octet-stream"),
}


@pytest.mark.parametrize(("query", "content_type"), WRONG_TYPES.values(), ids=WRONG_TYPES)
async def test_a_body_of_another_type_is_refused(
    client: httpx.AsyncClient, query: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = await client.post(f"{CAPTURES}?{query}", content=b"x", headers=headers)

    require_problem(answer, 415)


async def test_a_compressed_upload_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/octet-stream", "Content-Encoding": "gzip"}

    answer = await client.post(
        f"{CAPTURES}?source=tensors&format=npz", content=b"x", headers=headers
    )

    assert "plain" in require_problem(answer, 415)["detail"]


FAULTY = {
    "unknown source": ("source=pickle", "source"),
    "no format": ("source=tensors", "format"),
    "unknown format": ("source=tensors&format=pt", "format"),
    "a model for tensors": ("source=tensors&format=npz&model=dates", "model"),
    "no model": ("source=model", "model"),
    "a format of an image": ("source=model&model=dates&format=npz", "format"),
    "unknown model": ("source=model&model=none", "model"),
    "a url": ("source=tensors&format=npz&url=http://localhost", "url"),
    "two sources": ("source=tensors&source=model&format=npz", "source"),
    "a name of two lines": ("source=tensors&format=npz&name=a%0Ab", "name"),
    "a parameter of nothing": ("name=x", "source"),
}


@pytest.mark.parametrize(("query", "name"), FAULTY.values(), ids=FAULTY)
async def test_a_parameter_at_fault_is_named(
    client: httpx.AsyncClient, query: str, name: str
) -> None:
    headers = {"Content-Type": "application/octet-stream"}

    answer = await client.post(f"{CAPTURES}?{query}", content=b"x", headers=headers)

    assert require_problem(answer, 422)["errors"][0]["loc"] == [name]


BROKEN = {
    "no tensors at all": (b"not tensors", "safetensors"),
    "a pickle": (b"\x80\x04\x95", "npz"),
    "cut short": (tensors_of()[:-9], "safetensors"),
    "other names": (save({"q": torch.zeros(2, 3)}), "safetensors"),
    "not finite": (tensors_of(query=torch.full((3, 5, 7), torch.nan)), "safetensors"),
    "sizes that do not fit": (tensors_of(key=torch.zeros(3, 5, 11)), "safetensors"),
}


@pytest.mark.parametrize(("content", "file_format"), BROKEN.values(), ids=BROKEN)
async def test_tensors_that_cannot_be_read_are_the_clients_to_mend(
    client: httpx.AsyncClient, content: bytes, file_format: str
) -> None:
    answer = await upload(client, content, format=file_format)

    failed = await ended(client, answer.json()["id"])

    assert failed["state"] == "failed"
    assert failed["problem"]["status"] == 422
    assert len(failed["problem"]["detail"]) > 20


async def test_a_capture_over_the_limits_of_a_look_is_refused() -> None:
    async with open_client(max_heads=3, max_capture_tokens=4096) as client:
        answers = [
            await upload(client, tensors_of(n_heads=5)),
            await upload(client, tensors_of(n_heads=1, n_tokens=4099)),
        ]
        failed = [await ended(client, answer.json()["id"]) for answer in answers]

    assert [each["problem"]["limit"] for each in failed] == ["max_heads", "max_tokens"]


async def test_an_empty_upload_is_refused(client: httpx.AsyncClient) -> None:
    require_problem(await upload(client, b""), 400)


async def test_an_upload_over_the_limit_is_refused_by_its_length(tmp_path: Path) -> None:
    async with open_client(max_upload_bytes=5000, data_dir=tmp_path) as client:
        problem = require_problem(await upload(client, bytes(5001)), 413)

    assert (problem["limit"], problem["actual"], problem["max"]) == ("max_upload_bytes", 5001, 5000)
    assert not any((tmp_path / "uploads").iterdir())


async def test_an_upload_over_the_limit_is_refused_without_a_length(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield bytes(1000)

    async with open_client(max_upload_bytes=5000, data_dir=tmp_path) as client:
        answer = await client.post(
            f"{CAPTURES}?source=tensors&format=npz", content=pieces(),
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip

    assert require_problem(answer, 413)["limit"] == "max_upload_bytes"
    assert not any((tmp_path / "uploads").iterdir())


async def test_only_uploads_may_be_large(client: httpx.AsyncClient) -> None:
    large = bytes(3 * 2**20)
    headers = {"Content-Type": "application/octet-stream"}

    for path in (PATH, f"{PATH}?source=tensors", CAPTURES, f"{CAPTURES}/x?source=tensors"):
        answer = await client.post(path, content=large, headers=headers)
        assert require_problem(answer, 413)["limit"] == "max_json_bytes"
    answer = await upload(client, large)
    assert answer.status_code == 202


async def test_an_upload_that_comes_too_slowly_is_refused_and_a_steady_one_is_not(
    tmp_path: Path,
) -> None:
    content = tensors_of(n_heads=5, n_tokens=1009, dim=64)

    async def steady() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 300_000):
            await asyncio.sleep(0.08)
            yield content[start : start + 300_000]

    async def slow() -> AsyncIterator[bytes]:
        for byte in content[:100]:
            await asyncio.sleep(0.08)
            yield bytes([byte])

    url, headers = (
        f"{CAPTURES}?source=tensors&format=safetensors",
        {"Content-Type": "application/octet-stream"},
    )
    async with open_client(body_s=0.8, data_dir=tmp_path) as client:
        taken = await client.post(url, content=steady(), headers=headers)
        refused = await client.post(url, content=slow(), headers=headers)
        assert (await ended(client, taken.json()["id"]))["state"] == "ready"

    assert len(content) > 3 * 300_000
    assert require_problem(refused, 408)["limit"] == "body_s"
    assert not any((tmp_path / "uploads").iterdir())


async def test_an_image_of_a_model_that_takes_none_fails_with_what_it_takes() -> None:
    pool = FakePool()
    pool.model.accepts = frozenset({"text"})
    pool.model.goes_on.set()
    async with open_client(pool) as client:
        answer = await client.post(
            f"{CAPTURES}?source=model&model=fake", content=png(),
            headers={"Content-Type": "image/png"},
        )  # fmt: skip
        failed = await ended(client, answer.json()["id"])

    assert failed["problem"]["status"] == 422
    assert "takes text, got image" in failed["problem"]["detail"]
