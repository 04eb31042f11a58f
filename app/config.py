"""Settings of the service and its limits; the only reader of the environment."""

import os
import re
from collections import Counter
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 2**20
GIBIBYTE = 2**30
INDEX_FILE = "index.sqlite"
"""Where the index of captures lies in the data folder when no database is given."""

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_BYTES_PER_DENSE_CELL = 8
"""A float32 cell and the text or the copy that is made of it."""
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DATABASES = ("sqlite:", "sqlite+", "postgresql:", "postgresql+")


def _with_home(path: Path) -> Path:
    """Put the user's home in the place of ``~``."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(
            f"a path that begins with ~ must belong to a user with a home, got {str(path)!r} and "
            "none; give a whole path, such as --data-dir /var/lib/attention-atlas."
        ) from None


Folder = Annotated[Path, AfterValidator(_with_home)]
"""A path in which ``~`` is the user's home."""


class Limits(BaseSettings):
    """Every limit of the service; each can be set as ``ATTENTION_ATLAS_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="ATTENTION_ATLAS_", frozen=True, extra="ignore")

    max_header_bytes: int = Field(16 * 1024, ge=1024, description="Request line and headers.")
    max_json_bytes: int = Field(2 * MEBIBYTE, ge=1024, description="JSON body of a request.")
    max_json_depth: int = Field(64, ge=8, le=128, description="Nesting of a JSON body.")
    max_json_parts: int = Field(
        65_536, ge=1024, description="Lists, objects and fields of a JSON body."
    )
    max_tokens: int = Field(4096, ge=1, description="Tokens of a sequence in a dense answer.")
    max_heads: int = Field(128, ge=1, description="Heads.")
    max_dim: int = Field(16_384, ge=1, description="Features of a token.")
    max_rows: int = Field(131_072, ge=1, description="Rows of all heads; each may be empty.")
    max_cells_json: int = Field(1_048_576, ge=1, description="Numbers in one JSON answer.")
    max_cells_binary: int = Field(16_777_216, ge=1, description="Numbers in one base64 answer.")
    memory_budget_bytes: int = Field(
        default_factory=lambda: _memory_of_machine_bytes() // 2,
        ge=MEBIBYTE,
        description="Estimated peak memory of all jobs that compute at once.",
    )
    workers: int = Field(2, ge=1, le=64, description="Jobs that compute at once.")
    threads_per_worker: int = Field(1, ge=1, le=256, description="Torch threads of a job.")
    waiting_jobs: int = Field(16, ge=0, description="Jobs that wait for a worker.")
    waiting_s: float = Field(5.0, gt=0, description="Longest wait for a worker.")
    computing_s: float = Field(60.0, gt=0, description="Longest computation.")
    header_s: float = Field(10.0, gt=0, description="Longest time for a request's headers.")
    body_s: float = Field(10.0, gt=0, description="Longest time for a request's body.")
    send_s: float = Field(30.0, gt=0, description="Longest time for a client to take more.")
    shutdown_s: float = Field(30.0, gt=0, description="Longest time to finish at shutdown.")
    max_loaded_models: int = Field(2, ge=1, description="Models that are loaded at once.")
    max_upload_bytes: int = Field(
        256 * MEBIBYTE, ge=1024, description="Raw body: tensors or an image."
    )
    max_capture_tokens: int = Field(131_072, ge=1, description="Tokens of a captured sequence.")
    max_captures_bytes: int = Field(
        20 * GIBIBYTE, ge=MEBIBYTE, description="All stored captures; the oldest unpinned leave."
    )
    min_free_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="Space on the disk that no capture may take."
    )
    waiting_captures: int = Field(16, ge=1, description="Captures that wait to be made.")
    max_overviews_bytes: int = Field(
        4 * GIBIBYTE, ge=0, description="All kept overviews; those looked at longest ago leave."
    )
    waiting_overviews: int = Field(
        16, ge=1, description="Overviews that wait to be made, and looks that wait for one."
    )
    max_streams: int = Field(64, ge=1, description="Clients that follow events at once.")

    @property
    def budget_bytes_per_worker(self) -> int:
        """Memory that one job may be estimated to take."""
        return self.memory_budget_bytes // self.workers

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        for holds, message in self._promises():
            if not holds:
                raise ValueError(message)
        return self

    def _promises(self) -> tuple[tuple[bool, str], ...]:
        needed_bytes = self.max_cells_binary * _BYTES_PER_DENSE_CELL
        return (
            (
                self.max_cells_json <= self.max_cells_binary,
                "max_cells_json must not exceed max_cells_binary, got "
                f"{self.max_cells_json} and {self.max_cells_binary}; base64 is the way out of a "
                "full JSON answer, so raise max_cells_binary or lower max_cells_json.",
            ),
            (
                self.max_tokens**2 <= self.max_cells_binary,
                "max_cells_binary must hold one head of max_tokens × max_tokens, got "
                f"{self.max_cells_binary} for {self.max_tokens} tokens; a request of so many "
                "tokens could never be answered, so lower max_tokens or raise max_cells_binary.",
            ),
            (
                self.max_tokens <= self.max_rows,
                f"max_rows must hold the rows of one head of max_tokens, got {self.max_rows} for "
                f"{self.max_tokens} tokens; raise max_rows or lower max_tokens.",
            ),
            (
                needed_bytes <= self.budget_bytes_per_worker,
                f"memory_budget_bytes must give each of {self.workers} workers the "
                f"{needed_bytes} bytes that an answer of max_cells_binary takes, got "
                f"{self.budget_bytes_per_worker} each; lower max_cells_binary, max_tokens or "
                "workers, or raise memory_budget_bytes.",
            ),
            (
                self.max_tokens <= self.max_capture_tokens,
                "max_capture_tokens must not be below max_tokens, got "
                f"{self.max_capture_tokens} and {self.max_tokens}; a capture is the way out for "
                "long sequences, so raise max_capture_tokens or lower max_tokens.",
            ),
            (
                self.max_upload_bytes <= self.max_captures_bytes,
                "max_captures_bytes must hold one upload of max_upload_bytes, got "
                f"{self.max_captures_bytes} for {self.max_upload_bytes}; such an upload could "
                "never be kept, so raise max_captures_bytes or lower max_upload_bytes.",
            ),
        )


class Settings(Limits):
    """What an operator may decide, read from ``ATTENTION_ATLAS_*`` or given by keyword."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    data_dir: Folder = Field(Path("~/.local/share/attention-atlas"), validate_default=True)
    database_url: SecretStr | None = None
    models: tuple[str, ...] = ()
    models_dir: Folder | None = None
    allow_downloads: bool = True
    api_key: SecretStr | None = Field(None, min_length=16)
    insecure: bool = False
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def limits(self) -> dict[str, int | float]:
        """Every limit by name, as ``GET /api/v1/info`` tells it."""
        return {name: getattr(self, name) for name in Limits.model_fields}

    @property
    def index_url(self) -> str:
        """URL of the database that holds the index of captures; it may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / INDEX_FILE}"

    @property
    def given_models(self) -> dict[str, str]:
        """The folder or hub id of each model that was given, by name."""
        pairs = (given.partition("=") for given in self.models)
        return {name: source for name, _, source in pairs}

    @property
    def model_folders(self) -> dict[str, Path]:
        """The folders of ``models_dir`` that hold a model, by their names."""
        if self.models_dir is None:
            return {}
        folders = sorted(path.parent for path in self.models_dir.glob("*/config.json"))
        return {folder.name: folder for folder in folders}

    @model_validator(mode="after")
    def _refuse_open_door(self) -> Self:
        if self.is_loopback or self.api_key is not None or self.insecure:
            return self
        raise ValueError(
            f"a host that others can reach must have an API key, got {self.host!r} and no key; set "
            "ATTENTION_ATLAS_API_KEY, serve on 127.0.0.1, or accept the risk with --insecure."
        )

    @model_validator(mode="after")
    def _refuse_unknown_database(self) -> Self:
        if self.database_url is None or self.index_url.startswith(_DATABASES):
            return self
        # The URL itself may hold a password, so only what comes before it is told.
        raise ValueError(
            "database_url must begin with sqlite:/// or postgresql+psycopg://, got "
            f"{self.index_url.partition(':')[0]!r}; leave it out for SQLite in the data folder."
        )

    @model_validator(mode="after")
    def _refuse_unusable_models(self) -> Self:
        for given in self.models:
            name, _, source = given.partition("=")
            if not source or not _MODEL_NAME.fullmatch(name):
                raise ValueError(
                    f"a model must be given as NAME=PATH_OR_HUB_ID, got {given!r}; NAME has at "
                    "most 64 letters, digits, dots, dashes and underscores, as in "
                    "--model mine=/models/mine."
                )
        if self.models_dir is not None and not self.models_dir.is_dir():
            raise ValueError(
                f"models_dir must be a folder, got {str(self.models_dir)!r}; create it, or leave "
                "--models-dir out."
            )
        names = [given.partition("=")[0] for given in self.models]
        for name, count in Counter([*names, *self.model_folders]).items():
            if count > 1:
                raise ValueError(
                    f"each model must have a name of its own, got {name!r} {count} times; give "
                    "one of them another NAME."
                )
        return self


def _memory_of_machine_bytes() -> int:
    machine_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        try:
            limit = path.read_text().strip()
        except OSError:
            continue
        if limit.isdigit():
            return min(int(limit), machine_bytes)
    return machine_bytes
