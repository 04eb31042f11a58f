"""Trains ``dates`` and writes its weights and card.

``python -m attention_core.zoo.training.dates``
"""

import random

from torch import Tensor
from torch.nn.functional import cross_entropy

from attention_core.zoo.card import Measure
from attention_core.zoo.date_forms import FORMS
from attention_core.zoo.networks import DateNetwork
from attention_core.zoo.networks.dates import MAX_CHARACTERS
from attention_core.zoo.training.date_batches import (
    alignment,
    batch_of,
    drawn,
    exact_match,
    read_from,
)
from attention_core.zoo.training.runs import Schedule, begin, finish, optimise

SCHEDULE = Schedule(n_steps=3000, learning_rate=2e-3)
BATCH_SIZE = 128
N_HELD_OUT = 5000
HELD_OUT_SEED = 1_000_003


def main() -> None:
    """Train, measure, and write."""
    began = begin(SCHEDULE)
    network, stream = DateNetwork(), random.Random(SCHEDULE.seed)  # noqa: S311

    def loss() -> Tensor:
        batch = batch_of(drawn(BATCH_SIZE, stream))
        logits = network(batch.source, read_from(batch.answer), is_real=batch.is_real)
        return cross_entropy(logits.flatten(0, 1), batch.answer.flatten())

    optimise(network, SCHEDULE, loss)
    finish(network, began, {**FACTS, "measures": measured(network)})


def measured(network: DateNetwork, n_held_out: int = N_HELD_OUT) -> tuple[Measure, ...]:
    """Measure a network on dates that it was not trained on."""
    stream = random.Random(HELD_OUT_SEED)  # noqa: S311 - drawn, not kept secret
    samples = drawn(n_held_out, stream, held_out=True)
    return (
        Measure(
            name="exact_match",
            value=exact_match(network.eval(), batch_of(samples)),
            required=0.99,
            definition="Share of held-out dates, each in a form drawn at random, whose answer, "
            "written greedily, has all ten characters right.",
        ),
        Measure(
            name="alignment",
            value=alignment(network, samples),
            required=0.9,
            definition="Share of the eight digits of the same dates' answers in whose row of the "
            "cross-attention, heads averaged, the largest weight is on a character of the part "
            "that the digit is of: day, month or year, without endings and signs (rd, 月).",
        ),
    )


FACTS = {
    "name": "dates",
    "title": "Dates",
    "summary": "Turns a written date, in English or Chinese, into 1979-05-03.",
    "architecture": "Encoder–decoder of characters: two encoder layers, one decoder layer with "
    "cross-attention, four heads of 16 features, learned places, pre-norm. Attention was not "
    "supervised: the alignment came with the task.",
    "data": f"Dates of the years 1000 to 2999, half of them of 1930 to 2029, in {len(FORMS)} forms "
    "drawn alike, made while training. One date of ten is held out in every form. Numbers with "
    "dots are day first, those with slashes or hyphens year first; 03/05/1979 is ambiguous and no "
    "form; a year of two digits is one of 1930 to 2029.",
    "seed": SCHEDULE.seed,
    "accepts": frozenset({"text"}),
    "can_generate": True,
    "n_layers": 2,
    "n_heads": 4,
    "max_tokens": MAX_CHARACTERS,
    "examples": (
        "3 May 1979",
        "Thursday, 3rd of May 1979",
        "May 3, 1979",
        "1979年5月3日",
        "一九七九年五月三日",
        "3.5.79",
    ),
}

if __name__ == "__main__":
    main()
