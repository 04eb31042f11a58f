"""How several heads share their inputs."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from attention_core.part import Part, Source, from_id


class Mha(Part):
    """Independent heads, each with its own queries, keys and values."""

    kind: Literal["mha"] = "mha"
    title: ClassVar[str] = "Multi-head"
    summary: ClassVar[str] = "Independent heads, each over its own share of the features."
    formula: ClassVar[str] = "head_h = N(Q_h K_hᵀ) V_h"
    latex: ClassVar[str] = r"O_h = W_h V_h"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    n_heads: int = Field(default=1, title="Heads", description="Number of heads.", ge=1)


def _from_number(value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return {"kind": "mha", "n_heads": value} if is_number else from_id(value)


AnyHeads = Annotated[Mha, BeforeValidator(_from_number)]
