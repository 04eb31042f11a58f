"""The Triton kernel compiled for GPUs that need not be there; for a child process."""

from typing import Any, NamedTuple

POINTERS = {
    "sink": "*fp64",
    "peak": "*fp32",
    "total": "*fp64",
    "largest": "*fp32",
    "summed": "*fp32",
    "tops": "*fp32",
    "sums": "*fp32",
    "references": "*fp32",
}
FLOATS = ("unit", "factor", "inner", "softcap")


class Build(NamedTuple):
    """What is compiled, and for which compute capability; the block sizes are the first choice."""

    capability: int = 80
    dtype: str = "bf16"
    dim: int = 128
    span: int = 128
    is_exact: bool = True
    wanted: tuple[str, ...] = ("max",)
    has_sink: bool = False
    has_softcap: bool = False


class Built(NamedTuple):
    """What came of it: memory that a program shares, and the machine's instructions."""

    shared_bytes: int
    assembly: str


def built(build: Build) -> Built:
    """Compile the kernel, down to the machine's code."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from attention_core.kernels.gpu.kernel import survey
    from attention_core.kernels.gpu.launch import configs

    first = configs(is_float32=build.dtype == "fp32")[0]
    constants: dict[str, Any] = {
        "DIM": build.dim,
        "CHUNK": min(build.dim, 32 if build.dtype == "fp32" else 128),
        "SPAN": build.span,
        "EXACT": build.is_exact,
        "ROWS": 64,
        "MAX": "max" in build.wanted,
        "MEAN": "mean" in build.wanted,
        "SINK": build.has_sink,
        "SOFTCAP": build.has_softcap,
        **first.kwargs,
    }
    types = {**POINTERS, **dict.fromkeys(("query", "key"), f"*{build.dtype}")}
    types |= dict.fromkeys(FLOATS, "fp32") | dict.fromkeys(constants, "constexpr")
    aligned = [*POINTERS, "query", "key", "query_stride", "key_stride"]
    source = ASTSource(
        fn=survey,
        signature={name: types.get(name, "i32") for name in survey.arg_names},
        constexprs=constants,
        attrs={(survey.arg_names.index(x),): [["tt.divisibility", 16]] for x in aligned},
    )
    compiled = triton.compile(
        source,
        target=GPUTarget("cuda", build.capability, 32),
        options={"num_warps": first.num_warps, "num_stages": first.num_stages},
    )
    return Built(compiled.metadata.shared, compiled.asm["ptx"])
