"""Query strings: read as a model, and refused in the words that bodies are refused in."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from app.errors import MAX_FAULTS, ProblemError, field_problem
from app.faults import faults
from app.fields import body_place

_Model = TypeVar("_Model", bound=BaseModel)


def read_query(model: type[_Model], request: Request) -> _Model:
    """Read a request's query string as a model.

    Raises:
        ProblemError: 422 when a parameter is unknown, missing, given twice or at fault.
    """
    written: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in written:
            raise field_problem((name,), f"{name[:64]} must be given once, got it twice.")
        written[name] = value
    try:
        return model.model_validate(written)
    except ValidationError as error:
        found = faults(error, body_place(model), written, at_most=MAX_FAULTS)
    first = found[0]
    where = ".".join(str(part) for part in first.as_json()["loc"])
    joint = " " if first.message.startswith(("must", "is ")) else ": "
    raise ProblemError(422, f"{where}{joint}{first.message}", tuple(found))


def refuse_query(request: Request) -> None:
    """Refuse parameters where the body tells everything, and they would go unread.

    Raises:
        ProblemError: 422.
    """
    for name in request.query_params:
        told = name[:64]
        raise field_problem(
            (told,), f"{told} must be told in the body here, got it in the query string."
        )
