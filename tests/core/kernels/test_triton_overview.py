"""Tests of the Triton kernel, run by Triton's interpreter on the CPU."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from attention_core.kernels.gpu import overview as gpu_overview
from attention_core.kernels.gpu.terms import Cells
from tests.conftest import ROOT
from tests.core.kernels.triton_cases import Case, cases
from tests.core.kernels.triton_checks import differences, drawn, errors, made

TOLERANCE = 1e-6
"""Half types are held to it too: their products are exact in float32, and summed there."""


@pytest.mark.parametrize("case", [*cases()], ids=str)
def test_any_two_features_together_are_as_in_float64(
    case: Case, interpreter: ProcessPoolExecutor
) -> None:
    found = interpreter.submit(errors, case).result()

    assert found.maximum <= TOLERANCE
    assert found.lse <= TOLERANCE
    assert (found.largest is not None, found.mean is not None) == (
        "max" in case.wanted,
        "mean" in case.wanted,
    )
    assert (found.largest or 0.0) <= TOLERANCE
    assert (found.mean or 0.0) <= TOLERANCE


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_numbers_that_came_from_half_types_go_back_to_them(dtype: str) -> None:
    query, key = (drawn(2, 7, 5, dtype=getattr(torch, dtype), seed=seed) for seed in (1, 2))

    narrow = gpu_overview.narrowed(query.float(), key.float())

    assert torch.equal(narrow[0], query)
    assert torch.equal(narrow[1], key)


def test_numbers_that_half_types_would_round_stay_as_they_are() -> None:
    half = drawn(2, 7, 5, dtype=torch.bfloat16, seed=1).float()
    whole = drawn(2, 7, 5, dtype=torch.float32, seed=2)

    assert gpu_overview.narrowed(half, whole)[0] is half


@pytest.mark.parametrize(
    ("spec", "is_known"),
    [
        ({}, True),
        ({"mask": ["causal", {"kind": "padding", "key_length": 5}]}, True),
        ({"mask": {"kind": "chunked", "chunk_size": 3}}, False),
        ({"mask": {"kind": "and", "of": ("causal", {"kind": "not", "of": "causal"})}}, False),
        ({"score": "rbf"}, False),
        ({"score": "additive"}, False),
        ({"score": {"kind": "scaled_dot", "scale": 0.0}}, False),
        ({"position": "alibi"}, False),
        ({"normalizer": "sparsemax"}, False),
        ({"normalizer": "sigmoid"}, False),
        ({"softcap": 5.0, "normalizer": "softmax1"}, True),
    ],
    ids=str,
)
def test_the_kernel_takes_bands_and_exponentials_alone(
    spec: dict[str, object], is_known: bool
) -> None:
    ours = made(spec, (7, 11))

    assert gpu_overview.is_supported(ours.source, ours.spec.normalizer) is is_known


def test_float64_keeps_its_precision_elsewhere() -> None:
    ours = made({}, (7, 11), "float64")

    assert not gpu_overview.is_supported(ours.source, ours.spec.normalizer)


def test_what_the_kernel_does_not_know_is_refused_by_name() -> None:
    ours = made({"mask": {"kind": "chunked", "chunk_size": 3}}, (7, 11))

    with pytest.raises(ValueError, match="'chunked'"):
        gpu_overview.surveyed(ours.source, ours.spec.normalizer, range(2), Cells(2, 2))


def test_on_a_cpu_triton_is_never_imported() -> None:
    look = (
        "import sys, torch; from attention_core import attend; x = torch.ones(300, 2);"
        "attend(x, x).overview(8, 8); sys.exit('triton' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=False).returncode == 0


def test_on_a_cpu_the_kernel_does_not_apply() -> None:
    ours = made({}, (7, 11))

    assert not gpu_overview.applies(ours.source, ours.spec.normalizer)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"score": "dot", "mask": "causal"},
        {"score": {"kind": "general", "bias": True}, "normalizer": "softmax1"},
        {"score": {"kind": "cosine", "scale": 3.0}, "softcap": 2.0},
        {
            "score": {"kind": "scaled_dot", "scale": -0.5},
            "normalizer": {"kind": "sink", "sink": 1.5},
        },
        {
            "position": {"kind": "rope", "rotary_dim": 6},
            "normalizer": {"kind": "sink", "sink": [0.5, -0.5]},
        },
        {"heads": {"kind": "mqa", "n_heads": 2}},
        {
            "mask": {"kind": "sliding_window", "window": (11, 2)},
            "normalizer": {"kind": "softmax", "temperature": 0.5},
        },
    ],
    ids=str,
)
def test_a_map_has_the_numbers_of_the_cpu_kernel(
    spec: dict[str, object], interpreter: ProcessPoolExecutor
) -> None:
    found = interpreter.submit(differences, spec, (31, 283), (16, 32)).result()

    assert max(x for x in found if x is not None) <= TOLERANCE
