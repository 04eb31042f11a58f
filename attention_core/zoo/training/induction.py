"""Trains ``induction`` and writes its weights and card.

``python -m attention_core.zoo.training.induction``
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from attention_core.zoo.card import Measure
from attention_core.zoo.networks import InductionNetwork
from attention_core.zoo.networks.induction import MAX_SYMBOLS, START_ID, SYMBOLS
from attention_core.zoo.networks.layers import Handed, fused
from attention_core.zoo.training.runs import Schedule, begin, finish, optimise

SCHEDULE = Schedule(n_steps=2500, learning_rate=3e-3)
BATCH_SIZE = 64
SHORTEST, LONGEST = 3, MAX_SYMBOLS // 2
N_HELD_OUT = 100
HELD_OUT_SEED = 1_000_003


def main() -> None:
    """Train, measure, and write."""
    began = begin(SCHEDULE)
    network = InductionNetwork()
    generator = torch.Generator().manual_seed(SCHEDULE.seed)

    def loss() -> Tensor:
        period = int(torch.randint(SHORTEST, LONGEST + 1, (), generator=generator))
        symbols = repeated(BATCH_SIZE, period, generator)
        # Nothing foretells the first round, nor that the second begins.
        first = period + 1
        logits = network(symbols)[:, first:-1]
        return cross_entropy(logits.flatten(0, 1), symbols[:, first + 1 :].flatten())

    optimise(network, SCHEDULE, loss)
    finish(network, began, {**FACTS, "measures": measured(network)})


def repeated(
    n_sequences: int, period: int, generator: torch.Generator
) -> Int[Tensor, "batch token"]:
    """Draw sequences of distinct symbols, each repeated to the longest length, after a start."""
    order = torch.rand(n_sequences, len(SYMBOLS), generator=generator).argsort(dim=1)
    rounds = order[:, :period].repeat(1, -(-MAX_SYMBOLS // period))[:, :MAX_SYMBOLS]
    return torch.cat([torch.full((n_sequences, 1), START_ID), rounds], dim=1)


def measured(network: InductionNetwork, n_held_out: int = N_HELD_OUT) -> tuple[Measure, ...]:
    """Measure a network on fresh sequences of every length."""
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    hits: list[Tensor] = []
    induction: list[Tensor] = []
    previous: list[Tensor] = []
    for period in range(SHORTEST, LONGEST + 1):
        symbols = repeated(n_held_out, period, generator)[:, : 2 * period + 1]
        predicted, weights = _looked_at(network.eval(), symbols)
        again = torch.arange(period + 1, 2 * period)
        hits.append((predicted[:, again] == symbols[:, again + 1]).flatten())
        induction.append(_mean(weights[1][:, :, again, again - period + 1]))
        previous.append(_mean(weights[0][:, :, again, again - 1]))
    return (
        Measure(
            name="accuracy",
            value=float(torch.cat(hits).float().mean()),
            required=0.95,
            definition=f"Share of symbols of the second half told right, in fresh sequences of "
            f"{SHORTEST} to {LONGEST} distinct symbols said twice; the half's first symbol does "
            "not count, for nothing foretells it.",
        ),
        _best_head(
            "induction_score", 1, induction, 0.5, "the symbol after its previous occurrence"
        ),
        _best_head("previous_symbol_score", 0, previous, 0.4, "the symbol before it"),
    )


def _looked_at(
    network: InductionNetwork, symbols: Int[Tensor, "batch token"]
) -> tuple[Int[Tensor, "batch token"], list[Float[Tensor, "batch head query key"]]]:
    weights: list[Tensor] = []

    def kernel(handed: Handed) -> Float[Tensor, "batch head query dim"]:
        scores = handed.query @ handed.key.mT / handed.key.shape[-1] ** 0.5
        is_later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        weights.append(scores.masked_fill(is_later, -torch.inf).softmax(dim=-1))
        return fused(handed)

    with torch.no_grad():
        return network(symbols, kernel=kernel).argmax(dim=-1), weights


def _mean(
    weights: Float[Tensor, "batch head place"],
) -> Float[Tensor, " head"]:
    return weights.mean(dim=(0, 2))


def _best_head(name: str, layer: int, found: list[Tensor], required: float, what: str) -> Measure:
    of_heads = torch.stack(found).mean(dim=0)
    head = int(of_heads.argmax())
    all_heads = ", ".join(f"{value:.2f}" for value in of_heads.tolist())
    return Measure(
        name=name,
        value=float(of_heads[head]),
        required=required,
        definition=f"Mean weight from a symbol of the second half to {what}, in the same "
        f"sequences, lengths counting alike: layer {layer}, head {head}; the heads of that layer "
        f"have {all_heads}.",
    )


FACTS = {
    "name": "induction",
    "title": "Induction",
    "summary": "Completes a sequence that repeats itself, with two layers of attention alone.",
    "architecture": "Two causal attention layers, four heads of 16 features, rotary positions, "
    "pre-norm, no feed-forward nets: heads of the first layer look at the symbol before, a head of "
    "the second finds the symbol that came after the present one last time.",
    "data": f"Sequences of {SHORTEST} to {LONGEST} distinct symbols, drawn at random from "
    f"{len(SYMBOLS)} letters and digits and repeated to {MAX_SYMBOLS}, made while training; "
    "measured on sequences of another seed.",
    "seed": SCHEDULE.seed,
    "accepts": frozenset({"text"}),
    "can_generate": True,
    "n_layers": 2,
    "n_heads": 4,
    "max_tokens": MAX_SYMBOLS + 1,
    "examples": ("k 7 Q x e 3 k 7 Q x e 3", "W b 9 f T 2 m W b 9", "3141"),
}

if __name__ == "__main__":
    main()
