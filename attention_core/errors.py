"""The error tree of the library: what must hold, what came, and the way out.

AttentionError
├── SpecError        a spec that contradicts itself or the inputs
├── ShapeError       sizes that do not fit together
├── NonFiniteError   NaN or infinity among the inputs
├── BudgetError      a dense answer larger than its budget
├── DeviceError      a device that is not there
├── CaptureError     a capture's file that cannot be read
├── NotSurveyedError a picture of what no survey has been through
└── ModelError       a model that cannot be opened
    ├── UnknownModelError   there is none of that name
    ├── RefusedModelError   it asks for what is never done, such as running its own code
    ├── BrokenModelError    its files are missing, cut short or changed
    └── OfflineModelError   it is not here, and there is no network
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


class CaptureError(AttentionError):
    """A capture's file is missing, cut short, changed, or not a capture at all."""


class NotSurveyedError(AttentionError):
    """A picture would take a pass over all of a large matrix, and no survey made one."""


class ModelError(AttentionError):
    """A model cannot be opened."""


class UnknownModelError(ModelError):
    """There is no model of that name."""


class RefusedModelError(ModelError):
    """A model asks for what is never done: its own code, pickles, what is not allowed."""


class BrokenModelError(ModelError):
    """A model's files are missing, cut short or changed."""


class OfflineModelError(ModelError):
    """A model is not here and cannot be fetched."""
