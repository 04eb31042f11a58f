"""The models that may be opened, and how each stands."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.api import API_PREFIX
from app.errors import ProblemError, problem_body
from app.models import ModelPool, ModelRow, Source, State
from app.openapi import problems
from app.schemas import Problem
from attention_core import UnknownModelError, example_image

PATH = f"{API_PREFIX}/models"


class ModelAnswer(BaseModel):
    """One model that may be opened, as it stands."""

    name: str = Field(description="What a capture calls it.", examples=["dates"])
    title: str
    source: Source = Field(description="Whether it ships with us, lies in a folder, or is fetched.")
    state: State
    accepts: list[str] = Field(description="text, image or pair; empty when not known yet.")
    can_generate: bool
    n_layers: int | None
    n_heads: int | None
    max_tokens: int | None
    n_bytes: int | None = Field(description="Size of its weights.")
    summary: str
    examples: list[str] = Field(description="Texts to try it with, or names of images.")
    problem: Problem | None = Field(description="Why it could not be opened the last time.")


class ModelsAnswer(BaseModel):
    """Every model that may be opened."""

    models: list[ModelAnswer]


def models_router(pool: ModelPool) -> APIRouter:
    """Make the router of ``/models``."""
    router = APIRouter(prefix=API_PREFIX, tags=["models"])

    # No coroutines: the files of every model are looked at, on a disk that may be slow.
    @router.head("/models", include_in_schema=False)
    @router.get(
        "/models", summary="List the models that may be opened", responses=problems(400, 401)
    )
    def get_models(response: Response) -> ModelsAnswer:
        """List every model, where it comes from, and whether it is loaded; opens none."""
        response.headers["Cache-Control"] = "no-store"
        return ModelsAnswer(models=[ModelAnswer(**_described(row)) for row in pool.rows()])

    @router.head("/models/{name}/examples/{example}", include_in_schema=False)
    @router.get(
        "/models/{name}/examples/{example}",
        summary="Fetch an example image of a model",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, **problems(400, 401, 404)},
    )
    def get_example(name: str, example: str) -> Response:
        """Fetch an image that the list names among a model's examples."""
        try:
            image = example_image(name, example)
        except UnknownModelError:
            raise _no_example() from None
        return Response(image, media_type="image/png", headers={"Cache-Control": "no-cache"})

    return router


def _no_example() -> ProblemError:
    return ProblemError(
        404, f"An example image must be one that {PATH} names, and this is none; look there."
    )


def _described(row: ModelRow) -> dict[str, Any]:
    entry, facts, problem = row.entry, row.facts, row.problem
    return {
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "state": row.state,
        "accepts": sorted(facts.accepts),
        "can_generate": facts.can_generate,
        "n_layers": facts.n_layers,
        "n_heads": facts.n_heads,
        "max_tokens": facts.max_tokens,
        "n_bytes": facts.n_bytes,
        "summary": entry.summary,
        "examples": list(entry.examples),
        "problem": problem and problem_body(problem, path=PATH),
    }
