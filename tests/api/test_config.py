"""Settings: what they stand for when left out, and which contradictions are refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.config import Settings

ROOT = Path(__file__).parents[2]


def settings_of(told: str, **environment: str) -> str:
    """Print some settings of a process with an environment of its own."""
    code = f"from app.config import Settings; settings = Settings(); print({told})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_data_folder_is_the_users_own_when_none_is_given() -> None:
    found = settings_of("settings.data_dir", HOME="/home/ada")

    assert found == "/home/ada/.local/share/attention-atlas"


def test_models_are_settings_of_the_environment_too() -> None:
    found = settings_of(
        "settings.given_models, settings.max_loaded_models, settings.allow_downloads",
        ATTENTION_ATLAS_MODELS='["a=org/one", "b=/models/b=2"]',
        ATTENTION_ATLAS_MAX_LOADED_MODELS="3",
        ATTENTION_ATLAS_ALLOW_DOWNLOADS="false",
    )

    assert found == "{'a': 'org/one', 'b': '/models/b=2'} 3 False"


def test_the_index_lies_in_the_data_folder_when_no_database_is_given(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).index_url == f"sqlite:///{tmp_path}/index.sqlite"


def test_a_database_url_is_kept_and_its_password_not_shown() -> None:
    url = "postgresql+psycopg://atlas:secret@db/atlas"

    settings = Settings(database_url=url)

    assert settings.index_url == url
    assert "secret" not in repr(settings)


def test_each_folder_with_a_configuration_is_a_model_named_after_it(tmp_path: Path) -> None:
    for name in ("two", "one", "none"):
        (tmp_path / name).mkdir()
    for name in ("two", "one"):
        (tmp_path / name / "config.json").write_text("{}")
    (tmp_path / "config.json").write_text("{}")

    settings = Settings(models_dir=tmp_path)

    assert settings.model_folders == {"one": tmp_path / "one", "two": tmp_path / "two"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"max_capture_tokens": 4095}, "max_capture_tokens must not be below max_tokens"),
        ({"max_captures_bytes": 2**20}, "must hold one upload of max_upload_bytes"),
        ({"database_url": "mysql://me:secret@db/x"}, "must begin with sqlite:///"),
        ({"data_dir": "~no-such-user/data"}, "must belong to a user with a home"),
        ({"models": ["a"]}, "NAME=PATH_OR_HUB_ID"),
    ],
)
def test_settings_that_cannot_be_met_are_refused_with_the_way_out(
    given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        Settings(**given)

    assert "secret" not in str(caught.value.errors(include_input=False)[0]["msg"])
