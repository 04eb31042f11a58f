"""A capture: its sizes and the maps of its layers."""

import pytest
import torch

from attention_core import SpecError
from attention_core.captures import Capture, KindSizes
from tests.core.captures.examples import translation


def test_sizes_are_told_by_kind() -> None:
    assert translation().kinds == {
        "encoder": KindSizes(2, 4, 2, 7, 7),
        "decoder": KindSizes(1, 2, None, 5, 5),
        "cross": KindSizes(1, 2, 2, 5, 7),
    }


def test_every_layer_has_a_map_of_the_sizes_told() -> None:
    capture = translation()
    for kind, sizes in capture.kinds.items():
        for layer in range(sizes.n_layers):
            weights = capture.map(kind, layer).weights()
            assert weights.shape == (sizes.n_heads, sizes.n_queries, sizes.n_keys)
            assert weights.dtype == torch.float32


@pytest.mark.parametrize(
    ("kind", "layer", "field"),
    [("self", 0, "kind"), ("encoder", 2, "layer"), ("encoder", -1, "layer")],
)
def test_a_layer_that_is_not_there_is_refused(kind: str, layer: int, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        translation().map(kind, layer)
    assert caught.value.field == (field,)


def test_check_may_end_the_work_of_a_map() -> None:
    class EndedError(Exception):
        pass

    def end() -> None:
        raise EndedError

    with pytest.raises(EndedError):
        translation().map("encoder", 0, check=end).weights()
    with pytest.raises(EndedError):
        translation().map("decoder", 0, check=end).overview(2, 2)


def test_a_capture_of_nothing_has_no_kinds() -> None:
    assert Capture({}).kinds == {}
