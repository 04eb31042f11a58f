"""Which uploads a machine of a size can look at: told from their sizes, before any is drawn."""

import pytest
import torch

from app.captures.sizes import require_capture_size
from app.config import Limits, Settings
from app.errors import ProblemError
from attention_core import AttentionSpec, Capture, Layer, Stack, Token


def limits_of(machine_bytes: int) -> Limits:
    """Make the limits of a machine of so much memory, as captures have them."""
    settings = Settings(memory_budget_bytes=machine_bytes // 2, workers=2)
    return settings.model_copy(
        update={"max_tokens": settings.max_capture_tokens, "max_rows": 2**62}
    )


def capture_of(n_heads: int, n_tokens: int, dtype: torch.dtype) -> Capture:
    """Make a capture whose numbers take no memory: all are the same zero."""
    zeros = torch.zeros(1, 1, 1, dtype=dtype).expand(n_heads, n_tokens, 64)
    tokens = (Token("0", "0"),) * n_tokens
    layer = Layer(AttentionSpec(), zeros, zeros)
    return Capture({"self": Stack((layer,), tokens, tokens, n_tokens)})


def test_a_head_of_100_000_tokens_fits_a_machine_of_two_gibibytes() -> None:
    require_capture_size(capture_of(1, 100_000, torch.float32), limits_of(2 * 2**30))


def test_eight_heads_of_halves_need_a_larger_one() -> None:
    capture = capture_of(8, 131_072, torch.float16)

    with pytest.raises(ProblemError) as caught:
        require_capture_size(capture, limits_of(2 * 2**30))

    assert caught.value.exceeded is not None
    assert caught.value.exceeded.limit == "memory_budget_bytes"
    # Queries and keys as float32, and as much again while they are checked; and states of rows.
    as_floats = 2 * 8 * 131_072 * 64 * 4
    assert 2 * as_floats < caught.value.exceeded.actual < 2.5 * as_floats
    require_capture_size(capture, limits_of(8 * 2**30))


def test_more_tokens_than_a_capture_may_have_are_refused() -> None:
    with pytest.raises(ProblemError, match="at most 131072 tokens") as caught:
        require_capture_size(capture_of(1, 131_073, torch.float32), limits_of(8 * 2**30))

    assert caught.value.status == 422
