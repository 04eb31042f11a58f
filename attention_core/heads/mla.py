"""Multi-head latent attention: every head asks one latent vector per key."""

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from attention_core.heads.head import Heads
from attention_core.parameters import Parameter
from attention_core.part import Source
from attention_core.projected import Inputs, Projected


class Mla(Heads):
    """Every head asks one latent vector per key; a small part of each vector may turn.

    The keys of head h would be ``k_h = [c W_UK_h, k_rope]`` and its queries
    ``q_h = [q_nope_h, q_rope_h]``. Here W_UK_h is absorbed into the queries, so that all heads
    share the keys ``[c, k_rope]``, which is what a cache holds (DeepSeek-V2, section 2.1.2).
    """

    kind: Literal["mla"] = "mla"
    title: ClassVar[str] = "Latent (MLA)"
    summary: ClassVar[str] = "All heads share one latent vector per key, and one part that turns."
    formula: ClassVar[str] = "s = (W_UKᵀ q_nope · c + q_rope · k_rope) / √(d_nope + d_rope)"
    latex: ClassVar[str] = r"O_h = W_h\, c\, W_{UV,h}"
    score_latex: ClassVar[str] = (
        r"s_{ij} = \frac{W_{UK}^{\top} q^n_i \cdot c_j + q^r_i \cdot k^r_j}{\sqrt{d_n + d_r}}"
    )
    panel: ClassVar[Literal["weights", "outputs"]] = "outputs"
    source: ClassVar[Source] = Source("DeepSeek-AI 2024", "https://arxiv.org/abs/2405.04434")

    kv_lora_rank: int = Field(
        default=16,
        title="Latent size",
        description="Features of the latent vector.",
        ge=1,
        le=16_384,
    )
    qk_nope_head_dim: int = Field(
        default=8,
        title="Fixed size",
        description="Features of a head's query that no rotation turns.",
        ge=1,
        le=16_384,
    )
    qk_rope_head_dim: int = Field(
        default=4,
        title="Turning size",
        description="Features that a rotation turns, an even number; the keys share them.",
        ge=2,
        le=16_384,
        multiple_of=2,
    )
    v_head_dim: int = Field(
        default=8, title="Value size", description="Features of a head's value.", ge=1, le=16_384
    )
    seed: int = Field(default=0, title="Seed", description="Seed of the matrices.", ge=0, lt=2**53)

    @property
    def n_key_heads(self) -> int:
        return 1

    def score_dim(self, query_dim: int) -> int:
        return self.qk_nope_head_dim + self.qk_rope_head_dim

    def rotary_dim(self, query_dim: int) -> int:
        return self.qk_rope_head_dim

    def head_dims(self, query_dim: int, value_dim: int) -> tuple[int, int]:
        # Queries exist twice for a moment: before the matrix is folded in, and after.
        folded = self.kv_lora_rank + 2 * self.qk_rope_head_dim + self.qk_nope_head_dim
        return folded, self.v_head_dim

    def n_parameters(self, dim: int) -> int:
        of_query = self.n_heads * (self.qk_nope_head_dim + self.qk_rope_head_dim) * dim
        of_key = (2 * self.kv_lora_rank + self.qk_rope_head_dim) * dim
        return (
            of_query
            + of_key
            + self.n_heads * self.kv_lora_rank * (self.qk_nope_head_dim + self.v_head_dim)
        )

    def split(self, inputs: Inputs) -> Projected:
        rank, fixed, turning = self.kv_lora_rank, self.qk_nope_head_dim, self.qk_rope_head_dim
        query_nope = self._made("query_nope", inputs.query, fixed)
        query_rope = self._made("query_rope", inputs.query, turning)
        latent = self._made("latent_key", inputs.key, rank, n_heads=1)
        key_rope = self._made("key_rope", inputs.key, turning, n_heads=1)
        up_key = self._matrix("up_key", inputs.key, rank, fixed)
        up_value = self._matrix("up_value", inputs.key, rank, self.v_head_dim)
        return Projected(
            torch.cat([query_nope @ up_key.mT, query_rope], dim=-1),
            torch.cat([latent, key_rope], dim=-1),
            latent @ up_value,
        )

    def _made(self, name: str, x: Tensor, dim: int, n_heads: int | None = None) -> Tensor:
        return x @ self._matrix(name, x, x.shape[-1], dim, n_heads)

    def _matrix(
        self, name: str, like: Tensor, rows: int, columns: int, n_heads: int | None = None
    ) -> Tensor:
        field = ("spec", "heads", name)
        place = Parameter.matrix(field, n_heads or self.n_heads, rows, columns)
        return place.value(None, seed=self.seed, like=like)
