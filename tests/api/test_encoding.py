"""Matrices as bytes."""

import base64

import numpy as np
import orjson
import torch

from app.encoding import Pieces


def encode(matrix: torch.Tensor, **how: object) -> dict[str, object]:
    pieces = Pieces()
    pieces.add_matrix("m", matrix, ("query", "key"), **how)  # type: ignore[arg-type]
    found: dict[str, object] = orjson.loads(b"".join(pieces.close()))["m"]
    return found


def test_json_reads_back_as_the_same_float32() -> None:
    matrix = torch.randn(5, 7, generator=torch.Generator().manual_seed(3)) * 1e-3

    found = encode(matrix, encoding="json")

    np.testing.assert_array_equal(np.array(found["data"], dtype=np.float32), matrix.numpy())


def test_a_transposed_matrix_keeps_its_order() -> None:
    matrix = torch.arange(6.0).reshape(2, 3).T

    found = encode(matrix, encoding="json")
    typed = encode(matrix, encoding="base64")

    assert found["data"] == [[0, 3], [1, 4], [2, 5]]
    decoded = np.frombuffer(base64.b64decode(str(typed["bdata"])), "<f4")
    assert decoded.tolist() == [0, 3, 1, 4, 2, 5]


def test_masked_is_null_in_json_and_nan_in_base64_and_the_matrix_stays() -> None:
    matrix = torch.tensor([[1.0, -torch.inf]])

    found = encode(matrix, encoding="json")
    typed = encode(matrix, encoding="base64")

    assert found["data"] == [[1, None]]
    assert np.isnan(np.frombuffer(base64.b64decode(str(typed["bdata"])), "<f4")).tolist() == [
        False,
        True,
    ]
    assert matrix[0, 1] == -torch.inf


def test_decimals_neither_overflow_nor_print_float64_noise() -> None:
    found = encode(torch.tensor([[3e38, 0.1, -2 / 3]]), encoding="json", decimals=8)

    assert found["data"] == [[3e38, 0.1, -0.6666667]]
