"""Heads that share keys and values: in groups, or all of them."""

from typing import ClassVar, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.heads.head import Heads, share
from attention_core.part import Source
from attention_core.projected import Inputs, Projected


class _Shared(Heads):
    """Query head h uses key head ⌊h / group⌋, as in torch, transformers and JAX."""

    panel: ClassVar[Literal["weights", "outputs"]] = "outputs"

    def key_dim(self, query_dim: int) -> int:
        return query_dim // self.n_heads * self.n_key_heads

    def split_whole(self, inputs: Inputs) -> Projected:
        # As many features as for independent heads: each group takes the mean of its heads, which
        # is how the paper turns a model of independent heads into one of shared ones (section 2.1).
        query = share(inputs.query, self.n_heads)
        return Projected(query, self._pooled(inputs.key), self._pooled(inputs.value))

    def split(self, inputs: Inputs) -> Projected:
        query = share(inputs.query, self.n_heads)
        key, value = (share(x, self.n_key_heads) for x in (inputs.key, inputs.value))
        return Projected(query, key, value)

    def _pooled(self, x: Float[Tensor, "token dim"]) -> Float[Tensor, "key_head token head_dim"]:
        of_heads = share(x, self.n_heads)
        return of_heads.reshape(self.n_key_heads, -1, *of_heads.shape[1:]).mean(dim=1)


class Gqa(_Shared):
    """Groups of heads share one head of keys and values."""

    kind: Literal["gqa"] = "gqa"
    title: ClassVar[str] = "Grouped-query"
    summary: ClassVar[str] = "Groups of heads share one head of keys and values."
    formula: ClassVar[str] = "head_h = N(Q_h K_gᵀ) V_g, g = ⌊h / (H / H_kv)⌋"
    latex: ClassVar[str] = r"O_h = W_h V_{\lfloor h H_{kv} / H \rfloor}"
    source: ClassVar[Source] = Source("Ainslie et al. 2023", "https://arxiv.org/abs/2305.13245")

    n_kv_heads: int = Field(
        default=2,
        title="Key heads",
        description="Heads of keys and values; must divide the number of heads. Without a "
        "projection each is the mean of its group.",
        ge=1,
        lt=2**20,
    )

    @property
    def n_key_heads(self) -> int:
        return self.n_kv_heads

    def check(self) -> None:
        if self.n_heads % self.n_kv_heads:
            raise SpecError(
                f"n_kv_heads must divide n_heads, got {self.n_kv_heads} for {self.n_heads} heads; "
                "give a divisor, so that every group has as many heads.",
                field=("spec", "heads", "n_kv_heads"),
            )


class Mqa(_Shared):
    """All heads share one head of keys and values."""

    kind: Literal["mqa"] = "mqa"
    title: ClassVar[str] = "Multi-query"
    summary: ClassVar[str] = "All heads share one head of keys and values."
    formula: ClassVar[str] = "head_h = N(Q_h Kᵀ) V"
    latex: ClassVar[str] = r"O_h = W_h V"
    source: ClassVar[Source] = Source("Shazeer 2019", "https://arxiv.org/abs/1911.02150")

    @property
    def n_key_heads(self) -> int:
        return 1
