"""Stretched rotations, held to frequencies worked by hand."""

from __future__ import annotations

import math

import pytest

from . import rope_scalings
from .closeness import is_close
from .positions import rope

# theta = 10000 on eight features: the pairs turn by 1, 1/10, 1/100 and 1/1000 per position.
THETA, DIM = 10000.0, 8


def test_linear_squeezes_positions_together() -> None:
    row = [1.0, 2.0, 3.0, 4.0]

    squeezed = rope(100.0, scaling=rope_scalings.linear(2.0))([row] * 5)
    plain = rope(100.0)([row] * 3)

    assert is_close(squeezed[::2], plain)


@pytest.mark.parametrize(
    ("length", "expected"),
    # Two pairs, theta = 100. Length 6 of 4: growth (2 * 6/4 - 1)^(4/2) = 4, theta' = 400.
    [(3, [1.0, 1 / 10]), (4, [1.0, 1 / 10]), (6, [1.0, 1 / 20])],
)
def test_dynamic_raises_theta_beyond_the_original_length(
    length: int, expected: list[float]
) -> None:
    rotation = rope_scalings.dynamic(2.0, 4, length)(100.0, 4)

    assert rotation.frequencies == pytest.approx(expected, rel=1e-14)
    assert rotation.attention_factor == 1.0


def test_yarn_blends_between_its_two_pairs() -> None:
    # Pair that turns b times: 8 ln(4096 / (2 pi b)) / (2 ln 10000), for b = 32
    # 4 * 3.0142 / 9.2103 = 1.309, rounded down 1; for b = 1 4 * 6.4799 / 9.2103 = 2.814, up 3.
    rotation = rope_scalings.yarn(4.0, 4096)(THETA, DIM)

    # Pairs 0 and 1 stay, pair 2 is half way between 1/100 and 1/400, pair 3 is slow.
    expected = [1.0, 0.1, 0.00625, 0.00025]
    assert rotation.frequencies == pytest.approx(expected, rel=1e-14)
    # 1 + ln(4) / 10
    assert math.isclose(rotation.attention_factor, 1.1386294361119891)


def test_yarn_without_truncation_blends_between_fractions_of_pairs() -> None:
    rotation = rope_scalings.yarn(4.0, 4096, truncate=False)(THETA, DIM)

    # low = 1.3090300, high = 2.8141800 (see above, with more decimals); pair 2 lies
    # (2 - 1.3090300) / 1.5051500 = 0.4590705 of the way: 0.01 * (1 - 0.75 * 0.4590705).
    expected = [1.0, 0.1, 0.00655697, 0.00025]
    assert rotation.frequencies == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("attention_factor", "mscale", "mscale_all_dim", "expected"),
    [
        (0.3, 2.0, 1.0, 0.3),
        # ln(4) / 10 = 0.13862943611: (1 + twice that) / (1 + that)
        (None, 2.0, 1.0, 1.2772588722 / 1.1386294361),
        (None, 0.7, 0.7, 1.0),
        (None, 2.0, None, 1.1386294361),
        (None, 0.0, 1.0, 1.1386294361),
    ],
)
def test_yarn_finds_its_attention_factor(
    attention_factor: float | None,
    mscale: float | None,
    mscale_all_dim: float | None,
    expected: float,
) -> None:
    scaling = rope_scalings.yarn(
        4.0,
        4096,
        attention_factor=attention_factor,
        mscale=mscale,
        mscale_all_dim=mscale_all_dim,
    )

    assert math.isclose(scaling(THETA, DIM).attention_factor, expected, rel_tol=1e-10)


def test_llama3_blends_between_its_two_numbers_of_turns() -> None:
    # Turns over 1024 positions: 162.97, 16.297, 1.6297466 and 0.163; fast is above 4, slow
    # below 1, and pair 2 lies (1.6297466 - 1) / 3 = 0.2099155 between: 0.01 * (1 + 7 * 0.2099155)
    # / 8.
    rotation = rope_scalings.llama3(8.0, 1024)(THETA, DIM)

    expected = [1.0, 0.1, 0.0030867610, 0.000125]
    assert rotation.frequencies == pytest.approx(expected, rel=1e-6)
    assert rotation.attention_factor == 1.0


@pytest.mark.parametrize(
    ("length", "expected"),
    [(4, [1.0, 1 / 20]), (5, [1 / 4, 1 / 50])],
)
def test_longrope_takes_the_long_factors_beyond_the_original_length(
    length: int, expected: list[float]
) -> None:
    rotation = rope_scalings.longrope([1.0, 2.0], [4.0, 5.0], 4, length, factor=4.0)(100.0, 4)

    assert rotation.frequencies == pytest.approx(expected, rel=1e-14)
    # sqrt(1 + ln 4 / ln 4)
    assert math.isclose(rotation.attention_factor, math.sqrt(2.0))


@pytest.mark.parametrize(
    ("factor", "attention_factor", "expected"),
    [(0.5, None, 1.0), (4.0, 3.0, 3.0), (None, 3.0, 3.0)],
)
def test_longrope_finds_its_attention_factor(
    factor: float | None, attention_factor: float | None, expected: float
) -> None:
    scaling = rope_scalings.longrope(
        [1.0], [1.0], 4, 9, factor=factor, attention_factor=attention_factor
    )

    assert scaling(100.0, 2).attention_factor == expected


def test_longrope_without_any_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="factor"):
        rope_scalings.longrope([1.0], [1.0], 4, 9)


def test_the_attention_factor_lengthens_only_the_features_that_rotate() -> None:
    scaling = rope_scalings.longrope([1.0], [1.0], 4, 2, attention_factor=3.0)

    rotated = rope(rotary_dim=2, scaling=scaling)([[1.0, 2.0, 5.0]])

    assert rotated == [[3.0, 6.0, 5.0]]
