"""Softmax with a learned sink."""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.head_numbers import HeadNumbers, per_head
from attention_core.normalizers.exponential import Exponential
from attention_core.numbers import Numbers
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows


class Sink(Exponential):
    """Exponentials over their sum and a learned logit's, one per head, that belongs to no key."""

    kind: Literal["sink"] = "sink"
    title: ClassVar[str] = "Softmax with a sink"
    summary: ClassVar[str] = "A learned logit per head takes a share of every row."
    formula: ClassVar[str] = "exp(s) / (exp(z_h) + Σ exp s)"
    latex: ClassVar[str] = r"\frac{e^{s_{ij}}}{e^{z_h} + \sum_t e^{s_{it}}}"
    source: ClassVar[Source] = Source("OpenAI 2025 (gpt-oss)", "https://arxiv.org/abs/2508.10925")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": False,
        "signed": False,
        "shift_invariant": False,
    }

    sink: HeadNumbers = Field(
        default=0.0,
        title="Sink z",
        description="Logit of the sink, or one per head; the temperature does not divide it.",
    )

    def resolve(self, n_queries: int, n_keys: int, n_heads: int) -> "Sink":
        per_head(self.sink, n_heads, field=("spec", "normalizer", "sink"))
        return self

    def sinks(self, scores: Matrices, heads: slice) -> Rows:
        if not isinstance(self.sink, Numbers):
            return scores.new_full(scores.shape[:2], self.sink, dtype=torch.float64)
        logits = self.sink.tensor(scores.new_empty(0, dtype=torch.float64))
        return logits[heads, None].expand(scores.shape[:2])
