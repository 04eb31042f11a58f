"""From what was posted to the capture that it becomes: the work of a job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import TypeAdapter

from app.captures.estimates import Estimate, estimate_of_model, estimate_of_tokens
from app.captures.schemas import ModelSource, TokensSource
from app.captures.sizes import require_capture_size
from app.config import Limits
from app.errors import ProblemError, field_problem, problem_of
from app.faults import Fault
from app.inputs import Inputs, inputs_of
from app.models import ModelPool
from app.schemas import AttentionRequest
from app.sizes import bytes_of, require_size
from attention_core import (
    AttentionError,
    Capture,
    CaptureOptions,
    ModelInput,
    OpenedModel,
    read_tensors,
)

_TOKENS = TypeAdapter(TokensSource)
_MODEL = TypeAdapter(ModelSource)
_NO_LIMIT = 2**62
_MOST_TENSOR_BYTES = 2**30
"""Of uploaded tensors, unpacked and with every shared head counted for each that shares it."""


@dataclass(frozen=True)
class Watch:
    """How a job tells how far it is, and learns that it shall end.

    Attributes:
        report: Told how much is done, of how much.
        check: Raises to end the job.
    """

    report: Callable[[int, int], None]
    check: Callable[[], None]

    def checked_report(self, done: int, total: int) -> None:
        """Report, and end the job where nobody wants it any more."""
        self.check()
        self.report(done, total)


class Capturing:
    """Makes captures of what the index keeps as their source.

    Args:
        limits: How large a capture may be.
        pool: The models that may be asked.
    """

    def __init__(self, limits: Limits, pool: ModelPool) -> None:
        # A capture is no dense answer: its rows and cells are computed when somebody looks.
        updates = {"max_tokens": limits.max_capture_tokens, "max_rows": _NO_LIMIT}
        self._limits = limits.model_copy(update=updates)
        self._most_tensor_bytes = min(_MOST_TENSOR_BYTES, limits.budget_bytes_per_worker)
        self._pool = pool

    def require_possible(self, source: TokensSource | ModelSource) -> None:
        """Refuse at once what could never be captured.

        Raises:
            ProblemError: 422, naming the limit or the field.
            AttentionError: When there is no such model.
        """
        if isinstance(source, TokensSource):
            self._inputs(source)
            return
        self._pool.require(source.model)

    def require_model(self, name: str) -> None:
        """Refuse a model that may not be asked.

        Raises:
            UnknownModelError: When there is none of that name.
        """
        self._pool.require(name)

    def capture(self, source: dict[str, Any], upload: Path, watch: Watch) -> Capture:
        """Make a capture of a source.

        Args:
            source: What was posted, as plain data.
            upload: The raw body that came with it, where one did.
            watch: How to tell how far it is.
        """
        kind: Literal["tokens", "model", "tensors"] = source["kind"]
        if kind == "tokens":
            # As JSON, for that is how it was posted: a list stands for a tuple.
            return self._of_tokens(_TOKENS.validate_json(orjson.dumps(source)), watch)
        if kind == "tensors":
            return self._of_tensors(upload, source["format"], watch)
        return self._of_model(source, upload, watch)

    def estimate(
        self,
        source: TokensSource | ModelSource,
        *,
        room_bytes: int | None,
        check: Callable[[], None],
    ) -> Estimate:
        """Tell what a capture of a source would cost; its model is opened, and not run on it.

        Args:
            source: What would be captured.
            room_bytes: How large its file may be; without a limit when absent.
            check: Raises to end the work.

        Raises:
            ProblemError: As ``capture`` does.
        """
        if isinstance(source, TokensSource):
            inputs = self._inputs(source)
            needed_bytes = bytes_of(inputs.size, inputs.asked)
            return estimate_of_tokens(inputs.size, needed_bytes, room_bytes)
        asked, options = self._asked(source, Watch(lambda _done, _total: None, check))
        with self._opened(source.model, asked, options) as model:
            return estimate_of_model(
                model.estimate(asked, options=options), self._limits, room_bytes
            )

    def _of_tokens(self, source: TokensSource, watch: Watch) -> Capture:
        try:
            return self._inputs(source).capture(watch.check)
        except AttentionError as error:
            raise _within("source", problem_of(error)) from error

    def _of_tensors(
        self, upload: Path, file_format: Literal["safetensors", "npz"], watch: Watch
    ) -> Capture:
        try:
            capture = read_tensors(
                upload, format=file_format, max_bytes=self._most_tensor_bytes, check=watch.check
            )
        except AttentionError as error:
            # A file that a client sent is its own to mend, whatever is wrong with it.
            found = (Fault(error.field, str(error)),) if error.field else ()
            raise ProblemError(422, str(error), found) from error
        require_capture_size(capture, self._limits)
        return capture

    def _inputs(self, source: TokensSource) -> Inputs:
        given = {name: getattr(source, name) for name in source.model_fields_set - {"kind"}}
        asked = AttentionRequest.model_construct(**given, include=[])
        try:
            inputs = inputs_of(asked, self._limits.max_tokens)
            require_size(inputs.size, asked, self._limits)
        except ProblemError as problem:
            raise _within("source", problem) from None
        return inputs

    def _of_model(self, source: dict[str, Any], upload: Path, watch: Watch) -> Capture:
        if source.get("is_image"):
            asked = ModelInput(text=source.get("text"), image=upload.read_bytes())
            options = self._options(watch)
        else:
            given = _MODEL.validate_json(orjson.dumps(source))
            asked, options = self._asked(given, watch)
        with self._opened(source["model"], asked, options) as model:
            return model.capture(asked, options=options)

    @contextmanager
    def _opened(
        self, name: str, asked: ModelInput, options: CaptureOptions
    ) -> Iterator[OpenedModel]:
        """Open a model that takes what it is asked; errors name fields as they were posted."""
        try:
            with self._pool.opened(name, on_progress=options.on_progress) as model:
                _require_accepted(model, asked)
                if options.check is not None:
                    options.check()
                yield model
        except (AttentionError, ProblemError) as error:
            problem = problem_of(error)
            # The fields of an image's request are those of its query, beside no other.
            raise (problem if asked.image is not None else _within("source", problem)) from error

    def _asked(self, source: ModelSource, watch: Watch) -> tuple[ModelInput, CaptureOptions]:
        options = replace(
            self._options(watch),
            generate=source.generate,
            values=source.values,
            layers=None if source.layers is None else tuple(source.layers),
        )
        return ModelInput(text=source.text, target=source.target), options

    def _options(self, watch: Watch) -> CaptureOptions:
        return CaptureOptions(
            max_tokens=self._limits.max_tokens,
            budget_bytes=self._limits.budget_bytes_per_worker,
            on_progress=watch.checked_report,
            check=watch.check,
        )


def _require_accepted(model: OpenedModel, asked: ModelInput) -> None:
    wanted = "text" if asked.image is None else "image" if asked.text is None else "pair"
    if wanted in model.accepts:
        return
    accepted = " or ".join(sorted(model.accepts))
    raise field_problem(
        ("model",), f"{model.name} takes {accepted}, got {wanted}; choose a model that takes it."
    )


def _within(name: str, problem: ProblemError) -> ProblemError:
    """Name the faults of a part by their place in the whole."""
    problem.faults = tuple(
        fault if fault.loc[:1] == (name,) else replace(fault, loc=(name, *fault.loc))
        for fault in problem.faults
    )
    return problem
