"""What ``/openapi.json`` says of captures holds."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from app.captures.schemas import CAPTURE_EXAMPLES, PATCH_EXAMPLES
from tests.api.captures import CAPTURES, FakeModel, FakePool, ended, ready
from tests.api.conftest import open_client

pytestmark = pytest.mark.anyio


async def document_of(client: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    return document


def validate(document: dict[str, Any], name: str, instance: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema_rs.validate(schema, instance)


async def test_every_refusal_is_described_as_the_problem_that_it_is(
    client: httpx.AsyncClient,
) -> None:
    document = await document_of(client)

    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if 400 <= int(status) < 500:
                    assert list(answer["content"]) == ["application/problem+json"]


async def test_the_key_is_described_and_may_be_left_out(client: httpx.AsyncClient) -> None:
    document = await document_of(client)

    names = {name for each in document["security"] for name in each}
    assert names == set(document["components"]["securitySchemes"]) == {"bearer", "basic"}
    assert {} in document["security"]


async def test_answers_fit_their_description(client: httpx.AsyncClient) -> None:
    document = await document_of(client)
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}"

    validate(document, "CaptureAnswer", found)
    validate(document, "CaptureList", (await client.get(CAPTURES)).json())
    for look, name in (
        ("region", "RegionAnswer"),
        ("region?encoding=base64&what=scores", "RegionAnswer"),
        ("region?encoding=base64&dtype=u1", "RegionAnswer"),
        ("grid", "GridAnswer"),
        ("cell?query=1&key=2", "CellAnswer"),
        ("tokens?side=key&span=1:3", "TokensAnswer"),
    ):
        answer = await client.get(f"{path}/{look}")
        reference = answer_of(document, f"{CAPTURES}/{{capture_id}}/{look.partition('?')[0]}")
        assert reference == f"#/components/schemas/{name}"
        validate(document, name, answer.json())


def answer_of(document: dict[str, Any], path: str) -> str:
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    reference: str = content["application/json"]["schema"]["$ref"]
    return reference


@pytest.fixture
async def own_client() -> AsyncIterator[httpx.AsyncClient]:
    """Serve an application that no other test asks which models are loaded."""
    async with open_client() as client:
        yield client


async def test_examples_are_taken(own_client: httpx.AsyncClient) -> None:
    client = own_client
    document = await document_of(client)
    post = document["paths"][CAPTURES]["post"]
    media = post["requestBody"]["content"]
    patch = document["paths"][f"{CAPTURES}/{{capture_id}}"]["patch"]

    assert media["application/json"]["examples"] == CAPTURE_EXAMPLES
    for example in CAPTURE_EXAMPLES.values():
        validate(document, "CaptureRequest", example["value"])
        answer = await client.post(CAPTURES, json=example["value"])
        assert answer.status_code == 202, answer.text
        validate(document, "CaptureAnswer", answer.json())
        found = await ended(client, answer.json()["id"])
        assert found["state"] == "ready", found["problem"]
    assert patch["requestBody"]["content"]["application/json"]["examples"] == PATCH_EXAMPLES
    for example in PATCH_EXAMPLES.values():
        answer = await client.patch(f"{CAPTURES}/{found['id']}", json=example["value"])
        assert answer.status_code == 200
    assert {"application/octet-stream", "image/png"} <= set(media)


async def test_every_parameter_of_the_query_is_described(client: httpx.AsyncClient) -> None:
    paths = (await document_of(client))["paths"]

    def names(path: str, method: str = "get") -> list[str]:
        found = paths[path][method]["parameters"]
        return [each["name"] for each in found if each["in"] == "query"]

    one = f"{CAPTURES}/{{capture_id}}"
    assert names(CAPTURES) == ["limit", "cursor"]
    assert names(CAPTURES, "post") == ["source", "format", "model", "text", "name"]
    assert names(f"{one}/region") == [
        "kind", "layer", "head", "query", "key", "height", "width", "reduce", "what", "encoding",
        "dtype", "sampled", "masked",
    ]  # fmt: skip
    assert names(f"{one}/grid") == ["kind", "cell"]
    assert names(f"{one}/tokens") == ["kind", "side", "span"]
    assert names(one) == ["tokens"]
    assert names(f"{one}/cell") == ["kind", "layer", "head", "query", "key"]
    cell = {each["name"]: each for each in paths[f"{one}/cell"]["get"]["parameters"]}
    assert cell["capture_id"]["in"] == "path"
    assert [name for name in cell if cell[name]["required"]] == ["capture_id", "query", "key"]


async def test_a_failed_capture_fits_its_description() -> None:
    model = FakeModel(error=ValueError("no"))
    model.goes_on.set()
    async with open_client(FakePool(model)) as client:
        source = {"kind": "model", "model": "fake", "text": "a"}
        answer = await client.post(CAPTURES, json={"source": source})
        failed = await ended(client, answer.json()["id"])

        validate(await document_of(client), "CaptureAnswer", failed)
