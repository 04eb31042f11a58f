"""The card of a model of the zoo: what it is, how it was made, and how well it does."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from attention_core.errors import BrokenModelError

SHIPPED = Path(__file__).parent / "shipped"
"""Where weights, cards and example images lie."""


class Measure(BaseModel):
    """One number that a model was measured by, on what it was not trained on.

    Attributes:
        name: Name of the measure.
        value: What the shipped weights reach.
        required: What they must reach.
        definition: What is counted, of what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: float
    required: float
    definition: str


class Card(BaseModel):
    """What there is to know of a model, without opening it.

    Attributes:
        name: Its name in the zoo.
        title: Its name on a page.
        summary: What it does, in one line.
        architecture: What it is made of.
        data: What it was trained on, and what was held out.
        measures: How well it does.
        command: What trains it again.
        seed: The seed of that command.
        n_threads: How many threads the training took.
        training_s: How long it took, in seconds.
        accepts: What it can be given.
        can_generate: Whether it writes.
        n_layers: Layers of its deepest stack.
        n_heads: Heads of a layer.
        max_tokens: The longest sequence that it takes.
        n_parameters: How many numbers were trained.
        n_bytes: Size of the weights' file.
        sha256: Hash of the weights' file.
        examples: Texts to try, or names of images in the folder of the shipped files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    summary: str
    architecture: str
    data: str
    measures: tuple[Measure, ...]
    command: str
    seed: int
    n_threads: int
    training_s: float
    accepts: frozenset[str]
    can_generate: bool
    n_layers: int
    n_heads: int
    max_tokens: int
    n_parameters: int
    n_bytes: int
    sha256: str
    examples: tuple[str, ...]


def read_card(name: str, folder: Path = SHIPPED) -> Card:
    """Read the card of a model.

    Raises:
        BrokenModelError: When it is missing, or is no card.
    """
    path = folder / f"{name}.json"
    try:
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BrokenModelError(
            f"the card of '{name}' must be a file of the package, got none that can be read at "
            f"{path}; install attention-atlas again.",
            field=("model",),
        ) from error


def write_card(card: Card, folder: Path = SHIPPED) -> None:
    """Write the card of a model beside its weights."""
    text = card.model_dump_json(indent=2) + "\n"
    (folder / f"{card.name}.json").write_text(text, encoding="utf-8", newline="\n")
