"""The error tree of the library: what must hold, what came, and the way out.

AttentionError
├── SpecError        a spec that contradicts itself or the inputs
├── ShapeError       sizes that do not fit together
├── NonFiniteError   NaN or infinity among the inputs
├── BudgetError      a dense answer larger than its budget
└── DeviceError      a device that is not there
"""

Field = tuple[str | int, ...]


class AttentionError(ValueError):
    """Root of every error that the library raises on purpose.

    Args:
        message: What must hold, what came, and the way out.
        field: Path of the input at fault, such as ``("spec", "mask", 0, "matrix")``.
    """

    def __init__(self, message: str, *, field: Field = ()) -> None:
        super().__init__(message)
        self.field = field


class SpecError(AttentionError):
    """A spec contradicts itself or the inputs that it is used on."""


class ShapeError(AttentionError):
    """Sizes do not fit together."""


class NonFiniteError(AttentionError):
    """An input holds NaN or infinity, which would poison a whole row even when masked."""


class BudgetError(AttentionError):
    """A dense answer would be larger than its budget.

    Args:
        message: What must hold, what came, and the way out.
        actual: Bytes that the answer would take.
        maximum: Bytes that it may take.
    """

    def __init__(self, message: str, *, actual: int, maximum: int) -> None:
        super().__init__(message)
        self.actual = actual
        self.maximum = maximum


class DeviceError(AttentionError):
    """The device asked for is not available."""
