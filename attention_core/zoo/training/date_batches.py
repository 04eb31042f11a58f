"""Batches of written dates, and how well a network reads dates that it was not trained on."""

import datetime
import math
import random
from typing import Final, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attention_core.zoo.date_forms import Written, draw, is_held_out, write
from attention_core.zoo.networks.dates import (
    ANSWER_CHARACTERS,
    CHARACTERS,
    N_ANSWER,
    START_ID,
    DateNetwork,
)
from attention_core.zoo.networks.layers import Handed, fused

PARTS: Final = ("year",) * 4 + (None,) + ("month",) * 2 + (None,) + ("day",) * 2
"""Which part of the date each character of the answer is of; the hyphens are of none."""


class Sample(NamedTuple):
    """A date, and how someone wrote it."""

    date: datetime.date
    written: Written


class Batch(NamedTuple):
    """Samples as a network takes them.

    Attributes:
        source: Ids of the characters that were written, zero after the last.
        is_real: Which of them are no padding.
        answer: Ids of the characters to write.
    """

    source: Int[Tensor, "batch character"]
    is_real: Bool[Tensor, "batch character"]
    answer: Int[Tensor, "batch written"]


def drawn(n_samples: int, stream: random.Random, *, held_out: bool = False) -> list[Sample]:
    """Draw samples of dates that are trained on, or of those that are held out."""
    samples: list[Sample] = []
    while len(samples) < n_samples:
        date, form = draw(stream)
        if is_held_out(date) == held_out:
            samples.append(Sample(date, write(date, form)))
    return samples


def batch_of(samples: list[Sample]) -> Batch:
    """Make samples into one batch."""
    rows = [[_SOURCE_IDS[each] for each in sample.written.text.lower()] for sample in samples]
    longest = max(map(len, rows))
    source = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    answer = [[_ANSWER_IDS[each] for each in sample.date.isoformat()] for sample in samples]
    return Batch(source, source > 0, torch.tensor(answer))


def read_from(answer: Int[Tensor, "batch written"]) -> Int[Tensor, "batch read"]:
    """Tell what the decoder reads while it writes an answer: the start, then all but the last."""
    start = torch.full((len(answer), 1), START_ID)
    return torch.cat([start, answer[:, : N_ANSWER - 1]], dim=1)


def exact_match(network: DateNetwork, batch: Batch) -> float:
    """Share of the dates that the network writes, greedily, without any mistake."""
    answer = torch.empty(len(batch.source), 0, dtype=torch.long)
    with torch.no_grad():
        for _ in range(N_ANSWER):
            logits = network(batch.source, read_from(answer), is_real=batch.is_real)
            answer = torch.cat([answer, logits[:, -1:].argmax(dim=-1)], dim=1)
    is_right = (answer == batch.answer).all(dim=1)
    return float(is_right.float().mean().item())


def alignment(network: DateNetwork, samples: list[Sample]) -> float:
    """Share of the digits that are written while looking most at the part they stand for."""
    batch, kept = batch_of(samples), []

    def kernel(handed: Handed) -> Float[Tensor, "batch head query dim"]:
        if handed.kind == "cross":
            scores = handed.query @ handed.key.mT / math.sqrt(handed.key.shape[-1])
            kept.append(scores.masked_fill(~batch.is_real[:, None, None], -math.inf).softmax(-1))
        return fused(handed)

    with torch.no_grad():
        network(batch.source, read_from(batch.answer), kernel=kernel, is_real=batch.is_real)
    strongest = kept[0].mean(dim=1).argmax(dim=-1).tolist()
    hits: list[bool] = [
        sample.written.spans[part][0] <= place < sample.written.spans[part][1]
        for sample, row in zip(samples, strongest, strict=True)
        for part, place in zip(PARTS, row, strict=True)
        if part is not None
    ]
    return sum(hits) / len(hits)


_SOURCE_IDS: Final = {character: i for i, character in enumerate(CHARACTERS, start=1)}
_ANSWER_IDS: Final = {character: i for i, character in enumerate(ANSWER_CHARACTERS)}
