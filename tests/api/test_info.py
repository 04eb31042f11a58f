"""What the service tells about itself: mechanisms, limits, health, documentation."""

import re
from typing import Any

import httpx
import jsonschema_rs
import pytest

from attention_core import catalogue
from tests.api.conftest import PATH
from tests.api.test_problems import FAULTY, JSON

pytestmark = pytest.mark.anyio


async def test_mechanisms_are_the_catalogue_with_mathml_beside_latex(
    client: httpx.AsyncClient,
) -> None:
    answer = (await client.get("/api/v1/mechanisms")).json()

    choices = [choice for part in answer["parts"].values() for choice in part["choices"]]
    assert all(choice["mathml"].startswith("<math") for choice in choices)
    for choice in choices:
        del choice["mathml"]
        score_mathml = choice.pop("score_mathml")
        assert (score_mathml is None) == (choice["score_latex"] is None)
    assert answer == catalogue()


async def test_every_default_of_the_catalogue_is_accepted(client: httpx.AsyncClient) -> None:
    parts = (await client.get("/api/v1/mechanisms")).json()["parts"]
    names = ("score", "position", "normalizer", "heads", "mask")

    spec = {name: parts[name]["default"] for name in names}
    response = await client.post(PATH, json={"tokens": ["a"], "spec": spec})

    assert response.status_code == 200, response.text


async def test_info_tells_version_and_devices(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/info")).json()

    assert answer["name"] == "attention-atlas"
    assert answer["version"]
    assert answer["devices"][0]["id"] == "cpu"


async def test_the_service_is_healthy_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/api/v1/info", "/api/v1/mechanisms", "/api/v1/models"]
)
async def test_head_is_answered_as_get_is(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.head(path)).status_code == 200


async def test_every_reference_of_the_description_leads_somewhere(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/openapi.json")
    document = response.json()

    for reference in re.findall(r'"\$ref":"([^"]+)"', response.text):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


async def test_every_path_of_the_api_is_described(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    assert set(document["paths"]) == {
        PATH,
        "/api/v1/captures",
        "/api/v1/captures/estimate",
        "/api/v1/captures/{capture_id}",
        "/api/v1/captures/{capture_id}/cell",
        "/api/v1/captures/{capture_id}/events",
        "/api/v1/captures/{capture_id}/grid",
        "/api/v1/captures/{capture_id}/image",
        "/api/v1/captures/{capture_id}/overview",
        "/api/v1/captures/{capture_id}/overview/events",
        "/api/v1/captures/{capture_id}/region",
        "/api/v1/captures/{capture_id}/tokens",
        "/api/v1/info",
        "/api/v1/mechanisms",
        "/api/v1/models",
        "/api/v1/models/{name}/examples/{example}",
        "/healthz",
        "/readyz",
    }
    responses = document["paths"][PATH]["post"]["responses"]
    told = {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503", "504"}
    assert told <= set(responses)
    assert {"400", "401"} <= set(document["paths"]["/api/v1/info"]["get"]["responses"])
    ready = document["paths"]["/readyz"]["get"]["responses"]["503"]
    assert ready["content"]["application/json"]["schema"]["$ref"].endswith("/Health")


async def test_examples_and_answers_fit_the_description(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    media = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]

    def validate(name: str, instance: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.validate(schema, instance)

    for example in media["examples"].values():
        for encoding in ("json", "base64"):
            asked = {**example["value"], "encoding": encoding}
            if encoding == "base64":
                asked.pop("decimals", None)
            response = await client.post(PATH, json=asked)
            assert response.status_code == 200, response.text
            validate("AttentionAnswer", response.json())
    for content, _, _ in FAULTY.values():
        response = await client.post(PATH, content=content, headers=JSON)
        validate("Problem", response.json())


async def test_the_documentation_is_served_from_here_alone(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text

    links = re.findall(r'(?:src|href|data-openapi-url)="([^"]+)"', page)
    assert len(links) >= 4
    for link in links:
        if not link.startswith("data:"):
            assert link.startswith("/")
            assert (await client.get(link)).status_code == 200
    assert "<script>" not in page
    assert "style=" not in page
