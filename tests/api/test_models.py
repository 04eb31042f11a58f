"""``GET /api/v1/models``: every model that may be opened, and none is opened for it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.models import registry_of
from attention_core import ModelFacts
from tests.api.conftest import open_client

pytestmark = pytest.mark.anyio

PATH = "/api/v1/models"
ROOT = Path(__file__).parents[2]
ZOO = ["dates", "induction", "digits"]


def write_model(folder: Path, *, n_bytes: int = 11, **config: Any) -> Path:
    """Write the files of a model that is told apart, but never opened."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(n_bytes))
    return folder


async def models_of(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = (await client.get(PATH)).raise_for_status().json()
    return {model["name"]: model for model in answer["models"]}


async def test_the_zoo_is_always_here(client: httpx.AsyncClient) -> None:
    models = await models_of(client)

    assert list(models)[:3] == ZOO
    for name in ZOO:
        assert models[name]["source"] == "zoo"
        assert models[name]["state"] == "here"
        assert models[name]["problem"] is None
        assert 0 < models[name]["n_bytes"] <= 2_000_000
    assert models["dates"]["accepts"] == ["text"]
    assert models["digits"]["accepts"] == ["image"]


async def test_a_given_folder_is_told_by_its_small_files(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "gpt",
        n_bytes=13,
        architectures=["GPT2LMHeadModel"],
        n_layer=3,
        n_head=5,
        n_positions=7,
    )

    async with open_client(models=[f"mine={folder}"]) as client:
        mine = (await models_of(client))["mine"]

    assert mine == {
        "name": "mine",
        "title": "mine",
        "source": "folder",
        "state": "here",
        "accepts": ["text"],
        "can_generate": True,
        "n_layers": 3,
        "n_heads": 5,
        "max_tokens": 7,
        "n_bytes": 13,
        "summary": "",
        "examples": [],
        "problem": None,
    }


async def test_each_folder_of_the_models_folder_is_listed(tmp_path: Path) -> None:
    write_model(tmp_path / "one", num_hidden_layers=2, num_attention_heads=3)
    write_model(tmp_path / "two", num_hidden_layers=5, num_attention_heads=7)

    async with open_client(models_dir=tmp_path) as client:
        models = await models_of(client)

    assert list(models)[3:5] == ["one", "two"]
    assert (models["two"]["n_layers"], models["two"]["n_heads"]) == (5, 7)


async def test_a_model_of_the_hub_is_not_downloaded_until_it_is_used() -> None:
    async with open_client(models=["mine=no-such-organisation/no-such-model"]) as client:
        mine = (await models_of(client))["mine"]

    assert mine["source"] == "hub"
    assert mine["state"] == "not_downloaded"
    assert mine["accepts"] == []
    assert mine["n_bytes"] is None


async def test_a_folder_without_weights_is_listed_as_failed_with_the_way_out(
    tmp_path: Path,
) -> None:
    folder = write_model(tmp_path / "bare")
    (folder / "model.safetensors").unlink()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "config.json").write_text('{"n_layer": ')

    async with open_client(models_dir=tmp_path) as client:
        models = await models_of(client)

    assert models["bare"]["state"] == models["torn"]["state"] == "failed"
    assert models["bare"]["problem"]["status"] == models["torn"]["problem"]["status"] == 424
    assert "safetensors" in models["bare"]["problem"]["detail"]
    assert "config.json" in models["torn"]["problem"]["detail"]


def test_models_are_listed_without_importing_a_model_library() -> None:
    code = (
        "import sys\n"
        "from app.config import Settings\n"
        "from app.models import open_pool\n"
        "rows = open_pool(Settings()).rows()\n"
        "print(len(rows), sorted({'transformers', 'tokenizers'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split(maxsplit=1)[1].strip() == "[]"


async def test_the_example_images_of_a_model_are_served(client: httpx.AsyncClient) -> None:
    examples = (await models_of(client))["digits"]["examples"]

    for example in examples:
        response = await client.get(f"{PATH}/digits/examples/{example}")
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert response.content.startswith(b"\x89PNG")
    assert examples


@pytest.mark.parametrize(
    "place",
    ["digits/examples/digits.json", "digits/examples/..%2F..%2F__init__.py", "dates/examples/x"],
)
async def test_nothing_but_example_images_is_served(client: httpx.AsyncClient, place: str) -> None:
    response = await client.get(f"{PATH}/{place}")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def nothing_here(location: str) -> ModelFacts:
    return ModelFacts(is_here=False)


def gpt2_here(location: str) -> ModelFacts:
    return ModelFacts(is_here=location == "openai-community/gpt2")


def test_few_well_known_models_of_the_hub_are_offered() -> None:
    offered = list(registry_of(Settings(), describe=nothing_here))[3:]

    assert 1 <= len(offered) <= 8
    assert all(entry.source == "hub" and entry.title and entry.summary for entry in offered)
    assert all(entry.facts is not None and entry.facts.n_bytes for entry in offered)


def test_without_downloads_only_what_is_here_is_offered() -> None:
    settings = Settings(allow_downloads=False)

    assert [entry.name for entry in registry_of(settings, describe=nothing_here)] == ZOO
    assert [entry.name for entry in registry_of(settings, describe=gpt2_here)] == [*ZOO, "gpt2"]


def test_a_given_model_takes_the_name_of_an_offered_one() -> None:
    registry = registry_of(Settings(models=("gpt2=org/mine",)), describe=nothing_here)

    assert registry.require("gpt2").location == "org/mine"


@pytest.mark.parametrize(
    ("location", "source"),
    [
        ("org/name", "hub"),
        ("gpt2", "hub"),
        ("./name", "folder"),
        ("/models/name", "folder"),
        ("~/name", "folder"),
        ("models/of/mine", "folder"),
        ("app/models", "folder"),
    ],
)
def test_a_path_is_told_from_a_hub_id(location: str, source: str) -> None:
    registry = registry_of(Settings(models=(f"mine={location}",)), describe=nothing_here)

    assert registry.require("mine").source == source
