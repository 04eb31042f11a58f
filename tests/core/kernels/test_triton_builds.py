"""Tests of the Triton kernel, compiled for GPUs, as far as that goes without one."""

from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.core.kernels.triton_builds import Build, built

SMALLEST_SHARED_BYTES = 99 * 1024
"""What a program may have on the GPUs with the least, those of capability 8.6."""


@pytest.mark.parametrize("dtype", ["bf16", "fp16", "fp32"])
@pytest.mark.parametrize("capability", [80, 90])
def test_every_dtype_compiles_with_all_features_at_once(
    dtype: str, capability: int, compiler: ProcessPoolExecutor
) -> None:
    everything = Build(
        capability, dtype, 64, 16, wanted=("max", "mean"), has_sink=True, has_softcap=True
    )

    code = compiler.submit(built, everything).result()

    assert code.shared_bytes <= SMALLEST_SHARED_BYTES


@pytest.mark.parametrize(
    "build",
    [
        Build(dim=576),
        Build(dim=128, is_exact=False, wanted=("mean",)),
        Build(dtype="fp32", dim=256, wanted=()),
    ],
    ids=str,
)
def test_many_features_and_odd_cells_fit_a_small_gpu(
    build: Build, compiler: ProcessPoolExecutor
) -> None:
    assert compiler.submit(built, build).result().shared_bytes <= SMALLEST_SHARED_BYTES


def test_half_types_use_the_matrix_units_of_hopper(compiler: ProcessPoolExecutor) -> None:
    assert "wgmma" in compiler.submit(built, Build(90)).result().assembly


def test_float32_products_are_not_rounded_to_tf32(compiler: ProcessPoolExecutor) -> None:
    code = compiler.submit(built, Build(90, "fp32", 64)).result()

    assert "mma" not in code.assembly
    assert "tf32" not in code.assembly
