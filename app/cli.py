"""The command line: ``attention-atlas serve`` and ``attention-atlas version``."""

import signal
import threading
import time
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError

from app.api.info import service_version
from app.config import Settings
from app.logs import configure_logs
from app.models import RegistryError
from app.server import make_server

main = typer.Typer(add_completion=False, no_args_is_help=True, help="See what attention sees.")


@main.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH_OR_HUB_ID", help="A model to offer; may be repeated."),
    ] = None,
    models_dir: Annotated[
        Path | None, typer.Option(help="Folder of models; each of its folders is one.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder for what is kept.")] = None,
    no_downloads: Annotated[
        bool, typer.Option("--no-downloads", help="Fetch no model from the hub.")
    ] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page.")] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let others reach it without a key.")
    ] = False,
) -> None:
    """Serve the page and the API."""
    settings = _settings(
        host=host,
        port=port,
        models=model or None,
        models_dir=models_dir,
        data_dir=data_dir,
        allow_downloads=False if no_downloads else None,
        insecure=insecure or None,
    )
    configure_logs()
    server = _server(settings)
    url = f"http://{_shown_host(settings.host)}:{settings.port}"
    _announce(settings, url)
    if open_browser:
        threading.Thread(target=_open_when_started, args=(server, url), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end_well)
    server.run()
    if not server.started:
        raise typer.Exit(1)


@main.command()
def version() -> None:
    """Print the version."""
    typer.echo(service_version())


def _settings(**given: Any) -> Settings:
    """Read the settings; what the command line leaves open is the environment's to say."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in details["loc"])
            typer.echo(f"{where}: {details['msg']}".removeprefix(": "), err=True)
        raise typer.Exit(2) from None


def _server(settings: Settings) -> uvicorn.Server:
    try:
        return make_server(settings)
    except RegistryError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _announce(settings: Settings, url: str) -> None:
    typer.echo(f"Attention Atlas {service_version()} on {url} (Ctrl+C ends it)")
    typer.echo(f"  {'data_dir':24} {settings.data_dir}")
    for name, value in settings.limits.items():
        typer.echo(f"  {name:24} {value}")


def _end_well(_number: int, _frame: FrameType | None) -> None:
    # uvicorn drains, then raises the signal again for whoever handled it before: to end on
    # request is a success.
    raise SystemExit(0)


def _open_when_started(server: uvicorn.Server, url: str) -> None:
    while not server.started:
        time.sleep(0.05)
    webbrowser.open(url)


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
