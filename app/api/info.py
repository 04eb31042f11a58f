"""What there is: the catalogue of mechanisms, the service's limits, its health."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
import torch
from fastapi import APIRouter
from latex2mathml.converter import convert
from starlette.responses import Response

from app.api import API_PREFIX
from app.config import Settings
from app.openapi import problems
from app.readiness import Readiness
from app.schemas import Device, Health, Info
from attention_core import catalogue

DISTRIBUTION = "attention-atlas"


def service_version() -> str:
    """Return the version of the installed distribution."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"


def info_router(settings: Settings) -> APIRouter:
    """Make the router of ``/mechanisms`` and ``/info``."""
    router = APIRouter(prefix=API_PREFIX, tags=["info"])
    mechanisms = orjson.dumps(_with_mathml(catalogue()))
    info = Info(
        name=DISTRIBUTION,
        version=service_version(),
        torch=str(torch.__version__),
        devices=_devices(),
        limits=settings.limits,
    )

    @router.head("/mechanisms", include_in_schema=False)
    @router.get(
        "/mechanisms",
        summary="List every mechanism",
        response_class=Response,
        responses=problems(400, 401),
    )
    async def get_mechanisms() -> Response:
        """List every part of a spec: its choices, their parameters, formulas and sources."""
        headers = {"Cache-Control": "no-cache"}
        return Response(mechanisms, media_type="application/json", headers=headers)

    @router.head("/info", include_in_schema=False)
    @router.get("/info", summary="Tell version, devices and limits", responses=problems(400, 401))
    async def get_info() -> Info:
        """Tell the version, the devices, and every limit by name."""
        return info

    return router


def health_router(readiness: Readiness) -> APIRouter:
    """Make the router of ``/healthz`` and ``/readyz``."""
    router = APIRouter(tags=["health"])

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", summary="Tell whether the service lives", responses=problems(400))
    async def get_health() -> Health:
        """Answer as long as the event loop turns."""
        return Health(status="ok")

    @router.head("/readyz", include_in_schema=False)
    @router.get(
        "/readyz",
        summary="Tell whether the service takes requests",
        responses={
            **problems(400),
            503: {"description": "It starts, or it ends.", "model": Health},
        },
    )
    async def get_readiness(response: Response) -> Health:
        """Answer 200 between start-up and shutdown, else 503."""
        if readiness.status != "ok":
            response.status_code = 503
        return Health(status=readiness.status)

    return router


def _with_mathml(described: Any) -> Any:
    """Put MathML beside every formula in LaTeX, at any depth."""
    if isinstance(described, list):
        return [_with_mathml(each) for each in described]
    if not isinstance(described, dict):
        return described
    inside = {name: _with_mathml(value) for name, value in described.items()}
    for latex, mathml in (("latex", "mathml"), ("score_latex", "score_mathml")):
        if latex in described:
            formula = described[latex]
            inside[mathml] = None if formula is None else convert(formula)
    return inside


def _devices() -> list[Device]:
    found = [Device(id="cpu", name=platform.processor() or platform.machine())]
    if torch.cuda.is_available():
        found.append(Device(id="cuda", name=torch.cuda.get_device_name()))
    return found
