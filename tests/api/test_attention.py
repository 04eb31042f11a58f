"""POST /api/v1/attention: what is computed and how it is written."""

import base64
import math
from typing import Any

import httpx
import numpy as np
import pytest

from tests.api.conftest import PATH

pytestmark = pytest.mark.anyio

TEXTBOOK = {"query": [[1.0, 0.0], [0.0, 2.0]], "key": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]}


async def post(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post(PATH, json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_numbers_give_the_textbook_answer(client: httpx.AsyncClient) -> None:
    answer = await post(client, **TEXTBOOK, value=[[3.0], [5.0], [7.0]], spec={"score": "dot"})

    e = math.e
    assert answer["scores"]["data"] == [[[1, 0, 1], [0, 2, 2]]]
    total = 2 * e + 1
    row = [e / total, 1 / total, e / total]
    assert answer["weights"]["data"][0][0] == pytest.approx(row, abs=1e-6)
    expected_output = (3 * e + 5 + 7 * e) / total
    assert answer["outputs"]["data"][0][0] == pytest.approx([expected_output], abs=1e-5)
    assert answer["tokens"] == {"query": ["q0", "q1"], "key": ["k0", "k1", "k2"]}


async def test_tokens_alone_are_self_attention_with_every_default(
    client: httpx.AsyncClient,
) -> None:
    answer = await post(client, tokens=["the", "cat", "sat"])

    assert answer["tokens"] == {"query": ["the", "cat", "sat"], "key": ["the", "cat", "sat"]}
    for name, shape in (("scores", [1, 3, 3]), ("weights", [1, 3, 3]), ("outputs", [1, 3, 64])):
        assert answer[name]["shape"] == shape
        assert np.array(answer[name]["data"]).shape == tuple(shape)
    assert answer["scores"]["axes"] == ["head", "query", "key"]
    assert answer["outputs"]["axes"] == ["head", "query", "dim"]
    assert answer["spec"]["score"] == {"kind": "scaled_dot", "scale": 0.125}
    assert answer["spec"]["normalizer"] == {"kind": "softmax", "temperature": 1.0}
    assert answer["empty_rows"] == []
    assert answer["device"] in ("cpu", "cuda")
    assert answer["dtype"] == "float32"
    assert set(answer["timing_ms"]) == {"compute", "encode"}


async def test_a_context_makes_it_cross_attention(client: httpx.AsyncClient) -> None:
    answer = await post(
        client,
        tokens=["the", "cat", "sat"],
        context=["le", "chat"],
        embedding={"kind": "hash", "dim": 20, "seed": 0},
        spec={"heads": 5, "score": "dot"},
    )

    assert answer["tokens"]["key"] == ["le", "chat"]
    assert answer["weights"]["shape"] == [5, 3, 2]
    assert answer["outputs"]["shape"] == [5, 3, 4]


async def test_text_is_split_into_words_and_characters(client: httpx.AsyncClient) -> None:
    answer = await post(client, text="It didn't rain.", context_text="我爱你", include=["weights"])

    assert answer["tokens"] == {"query": ["It", "didn't", "rain", "."], "key": ["我", "爱", "你"]}


@pytest.mark.parametrize(
    "token", ["<s>", "</s>", '<a href="%zz">', "##ing", "Ġthe", "👩‍👩‍👧", "مرحبا", '"\\\n\t\x00']
)
async def test_every_token_comes_back_verbatim(client: httpx.AsyncClient, token: str) -> None:
    answer = await post(client, tokens=[token, token], include=[])

    assert answer["tokens"]["query"] == [token, token]


async def test_only_what_is_included_is_answered(client: httpx.AsyncClient) -> None:
    answer = await post(client, tokens=["a", "b"], include=["outputs"])

    assert "outputs" in answer
    assert not {"scores", "weights", "cell"} & set(answer)


async def test_masked_scores_are_null_and_their_weights_zero(client: httpx.AsyncClient) -> None:
    answer = await post(client, tokens=["a", "b", "c"], spec={"mask": "causal"})

    assert answer["scores"]["data"][0][0][1:] == [None, None]
    assert answer["weights"]["data"][0][0] == [1, 0, 0]


async def test_a_row_without_keys_is_reported(client: httpx.AsyncClient) -> None:
    mask = {"kind": "custom", "matrix": [[True, False], [False, False]]}

    answer = await post(client, tokens=["a", "b"], spec={"mask": mask, "heads": 2})

    assert answer["empty_rows"] == [{"head": 0, "query": 1}, {"head": 1, "query": 1}]
    assert answer["weights"]["data"][1][1] == [0, 0]
    assert "empty_rows" in {note["code"] for note in answer["notes"]}


@pytest.mark.parametrize("n_tokens", [3, 200])
async def test_base64_holds_the_same_float32_numbers_as_json(
    client: httpx.AsyncClient, n_tokens: int
) -> None:
    # The matrices of 200 tokens are written by two processes.
    tokens = [f"t{i}" for i in range(n_tokens)]
    body = {"tokens": tokens, "spec": {"mask": "causal", "heads": 2}}

    nested = await post(client, **body)
    typed = await post(client, **body, encoding="base64")

    for name in ("scores", "weights", "outputs"):
        assert typed[name]["dtype"] == "f4"
        assert typed[name]["axes"] == nested[name]["axes"]
        shape = typed[name]["shape"]
        decoded = np.frombuffer(base64.b64decode(typed[name]["bdata"]), "<f4").reshape(shape)
        expected = np.array(nested[name]["data"], dtype=np.float32)
        np.testing.assert_array_equal(decoded, expected)  # NaN in one is null in the other.
    assert np.isnan(decoded).sum() == 0


async def test_decimals_shorten_numbers_without_moving_them(client: httpx.AsyncClient) -> None:
    body = {"query": [[1e30, 1.0 / 3.0]], "key": [[1.0, 1.0], [0.0, 2.0]], "spec": {"score": "dot"}}

    answer = await post(client, **body, decimals=2)

    assert answer["scores"]["data"] == [[[1e30, 0.67]]]


async def test_a_cell_is_explained(client: httpx.AsyncClient) -> None:
    answer = await post(
        client, **TEXTBOOK, spec={"score": "dot"}, cell={"query": 1, "key": 2}, include=[]
    )

    cell = answer["cell"]
    assert (cell["head"], cell["query"], cell["key"]) == (0, 1, 2)
    assert cell["terms"] == [0, 2]
    assert cell["score"] == 2
    assert cell["row_scores"] == [0, 2, 2]


async def test_numbers_note_what_has_no_effect_on_them(client: httpx.AsyncClient) -> None:
    answer = await post(client, **TEXTBOOK, embedding="one_hot")

    assert {note["code"] for note in answer["notes"]} == {"unused_field"}


async def test_vectors_of_a_context_that_is_not_there_are_noted(
    client: httpx.AsyncClient,
) -> None:
    embedding = {"kind": "given", "vectors": [[1, 0]], "context_vectors": [[0, 1]]}

    alone = await post(client, tokens=["a"], embedding=embedding)
    crossed = await post(client, tokens=["a"], context=["b"], embedding=embedding)

    assert [note["code"] for note in alone["notes"]] == ["unused_field"]
    assert crossed["notes"] == []


async def test_the_same_word_gets_the_same_numbers_every_time(client: httpx.AsyncClient) -> None:
    first = await post(client, tokens=["cat", "dog", "cat"], include=["outputs"])
    again = await post(client, tokens=["cat", "dog", "cat"], include=["outputs"])

    assert first["outputs"] == again["outputs"]
    assert first["outputs"]["data"][0][0] == first["outputs"]["data"][0][2]
