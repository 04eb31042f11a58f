"""Thumbnails of all heads: every thumbnail is that head's overview."""

from typing import Any

import pytest
import torch

from attention_core import SpecError
from attention_core.captures import Capture, Layer
from attention_core.pictures.thumbnails import thumbnails
from tests.core.captures.examples import capture_of, layer, stack_of, translation


def long_capture() -> Capture:
    return capture_of(layer(0, 101, 53), layer(2, 101, 53))


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_thumbnails_pool_the_weights_of_every_head(reduce: Any) -> None:
    capture = long_capture()
    found = thumbnails(capture, "self", side=8, reduce=reduce).pictures
    assert found.shape == (2, 3, 8, 8)
    for index in range(2):
        weights = capture.map("self", index).weights()
        for h in range(3):
            for r in range(8):
                for c in range(8):
                    cells = weights[h, 13 * r : 13 * r + 13, 7 * c : 7 * c + 7]
                    expected = cells.max() if reduce == "max" else cells.mean()
                    assert float(found[index, h, r, c]) == pytest.approx(float(expected), rel=1e-5)


def test_thumbnails_of_weights_alone_are_drawn_like_any_other() -> None:
    computed = long_capture()
    given = Layer(None, weights=computed.map("self", 1).weights())
    found = thumbnails(Capture({"self": stack_of(given)}), "self", side=8).pictures
    torch.testing.assert_close(found[0], thumbnails(computed, "self", side=8).pictures[1])


def test_a_layer_with_fewer_heads_is_filled_up() -> None:
    first, second = layer(0), layer(2)
    assert second.query is not None
    assert second.key is not None
    pruned = Layer(second.spec, second.query[:2], second.key[:2])
    found = thumbnails(capture_of(first, pruned), "self", side=8).pictures
    assert found.shape == (2, 3, 5, 7)
    assert torch.equal(found[1, :2], thumbnails(capture_of(pruned), "self", side=8).pictures[0])
    assert found[1, 2].abs().max() == 0


def test_progress_is_told_layer_by_layer() -> None:
    told: list[tuple[int, int]] = []
    thumbnails(translation(), "encoder", side=3, on_progress=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


def test_check_may_end_the_work_of_a_thumbnails() -> None:
    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        thumbnails(long_capture(), "self", check=end)


@pytest.mark.parametrize("side", [0, 129])
def test_a_thumbnail_without_bounds_is_refused(side: int) -> None:
    with pytest.raises(SpecError, match="128") as caught:
        thumbnails(long_capture(), "self", side=side)
    assert caught.value.field == ("side",)


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(SpecError, match="'self'"):
        thumbnails(long_capture(), "cross")
