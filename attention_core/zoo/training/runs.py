"""What the trainings share: how a network is optimised, and how its card is finished."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.zoo.card import SHIPPED, Card, write_card
from attention_core.zoo.weights import save_weights

N_THREADS = 1
"""One thread: the networks are too small to share, and sums then have one order."""


class Schedule(NamedTuple):
    """How a network is optimised.

    Attributes:
        n_steps: How many batches.
        learning_rate: The highest, reached after a tenth of the steps; then it falls to zero.
        weight_decay: AdamW's.
        seed: Of the network's first weights and of the batches.
    """

    n_steps: int
    learning_rate: float
    weight_decay: float = 0.01
    seed: int = 0


def folder_asked_for() -> Path:
    """Tell where to write: the folder that the command names, or that of the shipped files."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED


def begin(schedule: Schedule) -> float:
    """Make what follows deterministic; returns the time."""
    torch.set_num_threads(N_THREADS)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(schedule.seed)
    return time.perf_counter()


def optimise(network: nn.Module, schedule: Schedule, loss_of: Callable[[], Tensor]) -> None:
    """Lower the loss of batches, one a step, and print it now and then."""
    peak = schedule.learning_rate
    optimiser = torch.optim.AdamW(network.parameters(), peak, weight_decay=schedule.weight_decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, peak, total_steps=schedule.n_steps, pct_start=0.1
    )
    for step in range(1, schedule.n_steps + 1):
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        rates.step()
        if step % 250 == 0:
            say(f"step {step} of {schedule.n_steps}: loss {loss.item():.4f}")


def finish(network: nn.Module, began: float, facts: dict[str, Any]) -> None:
    """Write a network's weights and card, and print its measures."""
    folder = folder_asked_for()
    training_s = round(time.perf_counter() - began, 1)
    n_bytes, sha256 = save_weights(network, facts["name"], folder)
    card = Card(
        **facts,
        command=f"python -m attention_core.zoo.training.{facts['name']}",
        n_threads=N_THREADS,
        training_s=training_s,
        n_parameters=sum(parameter.numel() for parameter in network.parameters()),
        n_bytes=n_bytes,
        sha256=sha256,
    )
    write_card(card, folder)
    for measure in card.measures:
        say(f"{measure.name}: {measure.value:.4f} (at least {measure.required:g})")
    say(f"{card.n_parameters} parameters, {n_bytes} bytes, {training_s} s, sha256 {sha256}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
