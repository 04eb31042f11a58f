"""What one would write first: torch, FastAPI, and ``.tolist()``."""

import torch
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
DIM = 64


class Body(BaseModel):
    """Tokens and a number of heads."""

    tokens: list[str]
    n_heads: int


@app.post("/attention")
def attention(body: Body):  # type: ignore[no-untyped-def]
    """Compute scaled dot-product attention of random vectors with themselves."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(body.n_heads, len(body.tokens), DIM, generator=generator)
    scores = x @ x.transpose(1, 2) / DIM**0.5
    weights = scores.softmax(-1)
    outputs = weights @ x
    return {
        "scores": scores.tolist(),
        "weights": weights.tolist(),
        "outputs": outputs.tolist(),
    }
