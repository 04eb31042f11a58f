"""Looks at a capture: regions, the grid of all heads, cells, the image."""

import base64
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from attention_core import load_capture
from tests.api.captures import (
    CAPTURES,
    TEXT,
    FakeModel,
    FakePool,
    ended,
    png,
    post,
    ready,
    tensors_of,
    upload,
)
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

Params = dict[str, str | int]

MODEL = {"source": {"kind": "model", "model": "fake", "text": "one two three four five six seven"}}
LONG = {
    "source": {
        "kind": "tokens",
        "tokens": list("abcdefghijklm"),
        "spec": {"heads": 2, "mask": "causal"},
    }
}


def decoded(matrix: dict[str, Any]) -> Any:
    dtype = {"f4": "<f4", "f2": "<f2", "u1": "u1"}[matrix["dtype"]]
    return np.frombuffer(base64.b64decode(matrix["bdata"]), dtype).reshape(matrix["shape"])


async def weights_of(client: httpx.AsyncClient, source: dict[str, Any]) -> Any:
    asked = {name: value for name, value in source.items() if name != "kind"}
    told = (await client.post(PATH, json={**asked, "include": ["weights"]})).json()
    return np.array(told["weights"]["data"], dtype=np.float32)


async def test_a_region_is_a_rectangle_of_one_head(client: httpx.AsyncClient) -> None:
    found, expected = await ready(client, LONG), await weights_of(client, LONG["source"])

    params: Params = {"head": 1, "query": "3:8", "key": "2:13"}
    answer = await client.get(f"{CAPTURES}/{found['id']}/region", params=params)

    region = answer.json()
    assert region["matrix"]["axes"] == ["query", "key"]
    assert region["matrix"]["shape"] == [5, 11]
    np.testing.assert_array_equal(
        np.array(region["matrix"]["data"], dtype=np.float32), expected[1, 3:8, 2:13]
    )
    assert (region["query"], region["key"], region["cell"]) == ([3, 8], [2, 13], [1, 1])
    assert (region["exact"], region["reduce"], region["what"]) == (True, "max", "weights")
    assert region["range"] == pytest.approx([0, expected[1, 3:8, 2:13].max()])


async def test_a_region_tells_which_cells_are_masked_where_it_is_asked(
    client: httpx.AsyncClient,
) -> None:
    found = await ready(client, LONG)
    params: Params = {"query": "3:8", "key": "2:13"}
    path = f"{CAPTURES}/{found['id']}/region"

    unasked = (await client.get(path, params=params)).json()
    answer = (await client.get(path, params={**params, "masked": "true"})).json()
    past = {"query": "8:13", "key": "0:8", "masked": "true"}
    open_part = (await client.get(path, params=past)).json()

    assert (unasked["masked"], open_part["masked"]) == (None, None)
    rows = np.frombuffer(base64.b64decode(answer["masked"]), np.uint8).reshape(5, 2)
    bits = np.unpackbits(rows, axis=-1, count=11).astype(bool)
    assert (bits == (np.arange(2, 13)[None] > np.arange(3, 8)[:, None])).all()


async def test_a_region_that_is_too_fine_is_pooled_and_says_so(client: httpx.AsyncClient) -> None:
    found, expected = await ready(client, LONG), await weights_of(client, LONG["source"])

    params: Params = {"query": "3:8", "height": 3, "width": 4}
    region = (await client.get(f"{CAPTURES}/{found['id']}/region", params=params)).json()

    assert (region["query"], region["key"], region["cell"]) == ([2, 8], [0, 13], [2, 4])
    assert region["exact"] is False
    padded = np.pad(expected[0], ((0, 1), (0, 3)), constant_values=-1)[2:8]
    pooled = padded.reshape(3, 2, 4, 4).max(axis=(1, 3))
    np.testing.assert_array_equal(np.array(region["matrix"]["data"], dtype=np.float32), pooled)


async def test_base64_holds_the_numbers_of_json_and_masked_scores_are_none(
    client: httpx.AsyncClient,
) -> None:
    found = await ready(client, LONG)
    path = f"{CAPTURES}/{found['id']}/region"

    nested = (await client.get(path, params={"what": "scores"})).json()
    typed = (await client.get(path, params={"what": "scores", "encoding": "base64"})).json()

    assert nested["matrix"]["data"][0][1:] == [None] * 12
    numbers = decoded(typed["matrix"])
    np.testing.assert_array_equal(numbers, np.array(nested["matrix"]["data"], dtype=np.float32))
    assert np.isnan(numbers[0, 1:]).all()
    assert typed["range"] == pytest.approx([np.nanmin(numbers), np.nanmax(numbers)])


async def test_masked_cells_are_told_as_bits_where_they_are_asked_for(
    client: httpx.AsyncClient,
) -> None:
    found = await ready(client, LONG)
    path = f"{CAPTURES}/{found['id']}/region"

    without = (await client.get(path)).json()
    told = (await client.get(path, params={"masked": "true", "query": "2:5"})).json()

    assert without["masked"] is None
    bits = np.frombuffer(base64.b64decode(told["masked"]), np.uint8).reshape(3, 2)
    assert [f"{high:08b}{low:08b}" for high, low in bits] == [
        "0001111111111000",
        "0000111111111000",
        "0000011111111000",
    ]


async def test_halves_and_bytes_are_close_to_the_numbers(client: httpx.AsyncClient) -> None:
    found = await ready(client, LONG)
    path, tiles = f"{CAPTURES}/{found['id']}/region?encoding=base64", {}
    for dtype in ("f4", "f2", "u1"):
        answer = await client.get(f"{path}&dtype={dtype}")
        tiles[dtype] = answer.json()["matrix"]
    scores = [
        decoded((await client.get(f"{path}&what=scores&dtype={dtype}")).json()["matrix"])
        for dtype in ("f4", "f2")
    ]

    weights = decoded(tiles["f4"])
    np.testing.assert_allclose(decoded(tiles["f2"]), weights, rtol=1e-3, atol=1e-7)
    scaled = tiles["u1"]["offset"] + decoded(tiles["u1"]) / 255 * tiles["u1"]["scale"]
    np.testing.assert_allclose(scaled, weights, atol=0.5001 / 255 * weights.max())
    assert (tiles["u1"]["offset"], tiles["u1"]["scale"]) == (0, weights.max())
    np.testing.assert_allclose(scores[1], scores[0], rtol=1e-3)
    assert np.isnan(scores[1]).sum() == 13 * 12 / 2


async def test_bytes_of_weights_below_zero_have_an_offset(client: httpx.AsyncClient) -> None:
    source = {"kind": "tokens", "text": "a b c d e", "spec": {"normalizer": "none"}}
    found, expected = await ready(client, {"source": source}), await weights_of(client, source)

    params = {"encoding": "base64", "dtype": "u1"}
    tile = (await client.get(f"{CAPTURES}/{found['id']}/region", params=params)).json()["matrix"]

    assert tile["offset"] == pytest.approx(expected.min())
    scaled = tile["offset"] + decoded(tile) / 255 * tile["scale"]
    np.testing.assert_allclose(scaled, expected[0], atol=0.5001 / 255 * tile["scale"])


async def test_the_grid_shows_every_head_of_every_layer_as_bytes() -> None:
    model = FakeModel()
    model.goes_on.set()
    async with open_client(FakePool(model)) as client:
        found = await ready(client, MODEL)
        path = f"{CAPTURES}/{found['id']}"
        grid = (await client.get(f"{path}/grid")).json()
        for layer in range(3):
            for head in range(5):
                params: Params = {"layer": layer, "head": head, "encoding": "base64"}
                region = (await client.get(f"{path}/region", params=params)).json()
                shown = decoded(grid["matrix"])[layer, head] / 255 * grid["scale"][layer][head]
                np.testing.assert_allclose(shown, decoded(region["matrix"]), atol=0.5 / 255)

    assert grid["matrix"]["axes"] == ["layer", "head", "query", "key"]
    assert grid["matrix"]["shape"] == [3, 5, 7, 7]
    assert (grid["kind"], grid["cell"], grid["reduce"]) == ("self", [1, 1], "max")


async def test_a_grid_is_no_finer_than_asked(client: httpx.AsyncClient) -> None:
    found = await ready(client, LONG)

    grid = (await client.get(f"{CAPTURES}/{found['id']}/grid", params={"cell": 8})).json()

    assert grid["matrix"]["shape"] == [1, 2, 7, 7]
    assert grid["cell"] == [2, 2]


async def test_weights_below_zero_are_drawn_as_zero(client: httpx.AsyncClient) -> None:
    source = {"kind": "tokens", "text": "a b c d e", "spec": {"normalizer": "none"}}
    found = await ready(client, {"source": source})

    grid = (await client.get(f"{CAPTURES}/{found['id']}/grid")).json()

    expected = await weights_of(client, source)
    assert (expected < 0).any()
    shown = decoded(grid["matrix"])[0] / 255 * np.array(grid["scale"][0])[:, None, None]
    np.testing.assert_allclose(shown, np.maximum(expected, 0), atol=0.5 / 255 * expected.max())


async def test_a_cell_is_explained_as_the_attention_endpoint_does(
    client: httpx.AsyncClient,
) -> None:
    found = await ready(client, LONG)
    place = {"head": 1, "query": 7, "key": 5}
    asked = {name: value for name, value in LONG["source"].items() if name != "kind"}

    cell = (await client.get(f"{CAPTURES}/{found['id']}/cell", params=place)).json()

    told = await client.post(PATH, json={**asked, "cell": place, "include": []})
    assert cell == told.json()["cell"]


async def test_the_image_is_shown_as_the_model_saw_it() -> None:
    model, image = FakeModel(accepts=frozenset({"pair"})), png()
    model.goes_on.set()
    async with open_client(FakePool(model)) as client:
        answer = await client.post(
            f"{CAPTURES}?source=model&model=fake&text=a+cat", content=image,
            headers={"Content-Type": "image/png"},
        )  # fmt: skip
        found = await ended(client, answer.json()["id"])
        shown = await client.get(found["image"])

    ((asked, _),) = model.asked
    assert (asked.text, asked.image) == ("a cat", image)
    assert found["source"] == {"kind": "model", "model": "fake", "text": "a cat", "is_image": True}
    assert shown.content == image
    assert shown.headers["content-type"] == "image/png"


async def test_a_capture_without_an_image_has_none_to_show(client: httpx.AsyncClient) -> None:
    found = await ready(client)

    assert found["image"] is None
    require_problem(await client.get(f"{CAPTURES}/{found['id']}/image"), 404)


async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}/region"
    first = await client.get(path)
    etag = first.headers["etag"]

    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert "private" in first.headers["cache-control"]
    assert etag.startswith('"')
    for other in ("?head=1", "?what=scores", "?encoding=base64", "?query=0:2"):
        answer = await client.get(path + other, headers={"If-None-Match": etag})
        assert answer.status_code == 200
        assert answer.headers["etag"] != etag


async def test_captures_of_the_same_numbers_have_the_same_tag_but_another_does_not(
    client: httpx.AsyncClient,
) -> None:
    same, other = await ready(client), await ready(client, LONG)

    tags = [
        (await client.get(f"{CAPTURES}/{found['id']}/grid")).headers["etag"]
        for found in (await ready(client), same, other)
    ]

    assert tags[0] == tags[1] != tags[2]


async def test_a_look_at_a_capture_that_is_not_ready_says_how_far_it_is() -> None:
    model = FakeModel()
    async with open_client(FakePool(model)) as client:
        capture_id = await post(client, MODEL)
        assert model.started.wait(5)
        for look in ("region", "grid", "cell?query=0&key=0", "image"):
            answer = await client.get(f"{CAPTURES}/{capture_id}/{look}")
            assert "running" in require_problem(answer, 409)["detail"]
            assert answer.headers["retry-after"] == "1"
        model.goes_on.set()


async def test_weights_alone_have_no_scores_and_no_cell(client: httpx.AsyncClient) -> None:
    import torch
    from safetensors.torch import save

    weights = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(5)).softmax(dim=-1)
    answer = await upload(client, save({"weights": weights}))
    found = await ended(client, answer.json()["id"])
    path = f"{CAPTURES}/{found['id']}"

    assert found["specs"] == {"self": [None]}
    assert found["kinds"]["self"]["n_kv_heads"] is None
    region = (await client.get(f"{path}/region?head=2")).json()
    np.testing.assert_array_equal(
        np.array(region["matrix"]["data"], dtype=np.float32), weights[2].numpy()
    )
    for look in ("region?what=scores", "cell?query=0&key=0"):
        assert "weights" in require_problem(await client.get(f"{path}/{look}"), 422)["detail"]


FAULTY = {
    "unknown kind": ("region?kind=cross", "kind", "one of 'self'"),
    "unknown kind of a grid": ("grid?kind=cross", "kind", "one of 'self'"),
    "layer beyond the last": ("region?layer=1", "layer", "between 0 and 0, got 1"),
    "head beyond the last": ("region?head=2", "head", "between 0 and 1, got 2"),
    "negative head": ("region?head=-1", "head", "0, got"),
    "head that is no number": ("region?head=one", "head", "whole number in digits, got 'one'"),
    "head with an underscore": ("region?head=0_1", "head", "whole number in digits"),
    "head with a point": ("region?head=1.0", "head", "whole number in digits"),
    "head with a space": ("region?head=1%20", "head", "whole number in digits"),
    "head in other digits": ("region?head=%D9%A1", "head", "whole number in digits"),
    "height with a line's end": ("region?height=1%0A", "height", "whole number in digits"),
    "span that ends before it starts": ("region?query=5:3", "query", "end after it starts"),
    "empty span": ("region?key=3:3", "key", "end after it starts"),
    "negative span": ("region?key=-3:5", "key", "start:stop"),
    "span of words": ("region?key=a:b", "key", "start:stop"),
    "span without a colon": ("region?key=3", "key", "start:stop"),
    "span beyond the end": ("region?query=0:8", "query", "within 0:7, got 0:8"),
    "span that begins at the end": ("region?query=7:", "query", "within 0:7, got 7:"),
    "huge span": ("region?query=0:99999999999999999999", "query", "start:stop"),
    "no rows": ("region?height=0", "height", "1, got"),
    "too many columns": ("region?width=1025", "width", "1024, got"),
    "unknown reduction": ("region?reduce=min", "reduce", "'max' or 'mean'"),
    "unknown numbers": ("region?what=outputs", "what", "'weights' or 'scores'"),
    "unknown encoding": ("region?encoding=xml", "encoding", "'json' or 'base64'"),
    "a type of JSON": ("region?dtype=f2", "dtype", "encoding=base64"),
    "unknown type": ("region?encoding=base64&dtype=f8", "dtype", "'f4', 'f2' or 'u1'"),
    "scores as bytes": ("region?encoding=base64&dtype=u1&what=scores", "dtype", "'f4' or 'f2'"),
    "unknown parameter": ("region?heads=1", "heads", "did you mean 'head'"),
    "parameter given twice": ("region?head=0&head=1", "head", "once"),
    "thumbnails too small": ("grid?cell=7", "cell", "8, got"),
    "thumbnails too large": ("grid?cell=129", "cell", "128, got"),
    "cell without a query": ("cell?key=0", "query", "missing"),
    "cell beyond the last query": ("cell?query=7&key=0", "query", "between 0 and 6, got 7"),
    "cell beyond the last key": ("cell?query=0&key=7", "key", "between 0 and 6, got 7"),
    "endless number": ("cell?query=" + "9" * 400 + "&key=0", "query", "query"),
}


@pytest.fixture(scope="module")
async def path(client: httpx.AsyncClient) -> str:
    return f"{CAPTURES}/{(await ready(client, TEXT))['id']}"


@pytest.mark.parametrize(("look", "name", "says"), FAULTY.values(), ids=FAULTY)
async def test_a_parameter_at_fault_is_named(
    client: httpx.AsyncClient, path: str, look: str, name: str, says: str
) -> None:
    problem = require_problem(await client.get(f"{path}/{look}"), 422)

    assert problem["errors"][0]["loc"] == [name]
    assert says in problem["detail"]


async def test_spans_may_leave_out_their_ends(client: httpx.AsyncClient, path: str) -> None:
    for span, expected in ((":", [0, 7]), ("2:", [2, 7]), (":3", [0, 3]), ("6:7", [6, 7])):
        region = (await client.get(f"{path}/region", params={"query": span})).json()
        assert region["query"] == expected


async def test_tensors_are_captured_as_they_were_sent(tmp_path: Path) -> None:
    content = tensors_of()
    async with open_client(data_dir=tmp_path) as client:
        answer = await upload(client, content, name="mine")
        found = await ended(client, answer.json()["id"])

    assert found["state"] == "ready", found["problem"]
    assert found["name"] == "mine"
    assert found["source"] == {"kind": "tensors", "format": "safetensors"}
    layer = load_capture(tmp_path / "captures" / found["id"]).layer("self", 0)
    assert layer.query is not None
    assert tuple(layer.query.shape) == (3, 5, 7)
    assert not any((tmp_path / "uploads").iterdir())
