"""Largest error of every model against transformers' own eager weights, as a table.

Run with ``python -m tests.models.errors_table``.
"""

from attention_core.captures import Capture
from attention_core.models import capture
from tests.models.tiny import MAKERS, Case, case, eager_weights


def largest_errors(tiny: Case, taken: Capture) -> dict[str, float]:
    """Compare every layer and head of every kind; one number for each kind."""
    reference = eager_weights(tiny)
    assert set(taken.stacks) == set(reference)
    errors = {}
    for kind, layers in reference.items():
        assert len(taken.stacks[kind].layers) == len(layers)
        errors[kind] = max(
            float((taken.map(kind, i).weights() - layer).abs().max())
            for i, layer in enumerate(layers)
        )
    return errors


def main() -> None:
    print("| model | kind | layers × heads | masks | largest error |")  # noqa: T201
    print("|---|---|---|---|---|")  # noqa: T201
    for name in MAKERS:
        tiny = case(name)
        taken = capture(tiny.model, tiny.tensors)
        for kind, error in largest_errors(tiny, taken).items():
            sizes = taken.kinds[kind]
            specs = [layer.spec for layer in taken.stacks[kind].layers]
            masks = sorted(
                {"+".join(m.kind for m in s.mask) or "full" if s else "–" for s in specs}
            )
            shape = f"{sizes.n_layers} × {sizes.n_heads}"
            print(f"| {name} | {kind} | {shape} | {', '.join(masks)} | {error:.1e} |")  # noqa: T201


if __name__ == "__main__":
    main()
