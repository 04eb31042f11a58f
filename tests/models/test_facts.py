"""What is told of a model without opening it agrees with the opened model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from attention_core import (
    BrokenModelError,
    ModelFacts,
    RefusedModelError,
    describe_model,
    open_model,
)
from attention_core.models.hub import fetched
from tests.models.fake_hub import fake_hub
from tests.models.folders import (
    bert_folder,
    clip_folder,
    dinov2_folder,
    gpt2_folder,
    minilm,
    t5_folder,
    vit_folder,
)

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "BERT": bert_folder,
    "GPT-2": gpt2_folder,
    "T5": t5_folder,
    "ViT": vit_folder,
    "DINOv2": dinov2_folder,
    "CLIP": clip_folder,
}


@pytest.mark.parametrize("save", FOLDERS.values(), ids=FOLDERS)
def test_the_facts_of_a_folder_are_those_of_the_opened_model(
    save: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = save(tmp_path / "model")

    facts, opened = describe_model(str(folder)), open_model(str(folder))

    assert facts.is_here
    assert facts.accepts == opened.accepts
    assert facts.can_generate == opened.can_generate
    assert facts.n_layers == opened.n_layers
    assert facts.n_heads == opened.n_heads
    assert facts.max_tokens == opened.max_tokens
    assert facts.n_bytes == opened.n_bytes


def test_a_pretrained_model_is_told_by_its_own_files() -> None:
    assert describe_model(str(minilm())) == ModelFacts(
        is_here=True,
        accepts=frozenset({"text"}),
        can_generate=False,
        n_layers=6,
        n_heads=12,
        max_tokens=512,
        n_bytes=90_868_376,
    )


def test_the_two_positions_that_roberta_leaves_out_are_not_counted(tmp_path: Path) -> None:
    folder = bert_folder(tmp_path / "model")
    config = {"model_type": "roberta", "max_position_embeddings": 13, "num_hidden_layers": 3}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text("{}")

    assert describe_model(str(folder)).max_tokens == 11


def write_small_files(folder: Path, preprocessor: Mapping[str, object], **config: object) -> str:
    """Turn a tiny BERT into what looks like another model."""
    bert_folder(folder)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return str(folder)


def test_a_model_of_sound_takes_neither_text_nor_images(tmp_path: Path) -> None:
    extractor = {"feature_extractor_type": "WhisperFeatureExtractor"}
    location = write_small_files(tmp_path / "model", extractor, model_type="whisper")

    assert describe_model(location).accepts == frozenset()


def test_an_image_model_may_call_its_processor_by_the_old_name(tmp_path: Path) -> None:
    extractor = {"feature_extractor_type": "CLIPFeatureExtractor", "do_resize": True}
    location = write_small_files(tmp_path / "model", extractor, text_config={}, vision_config={})

    assert describe_model(location).accepts == {"pair"}


def test_a_model_that_reads_images_within_text_is_given_text(tmp_path: Path) -> None:
    location = write_small_files(
        tmp_path / "model",
        {"image_processor_type": "CLIPImageProcessor"},
        text_config={"num_hidden_layers": 3, "max_position_embeddings": 17},
        vision_config={"num_hidden_layers": 5},
        image_token_index=7,
    )

    facts = describe_model(location)

    assert facts.accepts == {"text"}
    assert (facts.n_layers, facts.max_tokens) == (3, 17)


def test_weights_in_several_files_are_added_up(tmp_path: Path) -> None:
    folder = bert_folder(tmp_path / "shards", max_shard_size="20KB")

    n_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))

    assert len(list(folder.glob("*.safetensors"))) > 1
    assert describe_model(str(folder)).n_bytes == n_bytes


def test_what_was_told_is_told_anew_when_a_file_changes(tmp_path: Path) -> None:
    folder = bert_folder(tmp_path / "model")
    before = describe_model(str(folder))

    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 17}))

    assert before.n_layers == 2
    assert describe_model(str(folder)).n_layers == 17


def test_code_of_its_own_is_refused_and_missing_weights_told(tmp_path: Path) -> None:
    coded, bare = bert_folder(tmp_path / "coded"), bert_folder(tmp_path / "bare")
    config = json.loads((coded / "config.json").read_bytes())
    (coded / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "a.B"}}))
    (bare / "model.safetensors").unlink()

    with pytest.raises(RefusedModelError, match="auto_map"):
        describe_model(str(coded))
    with pytest.raises(BrokenModelError, match=r"model\.safetensors"):
        describe_model(str(bare))


@pytest.mark.parametrize(
    "location", ["someone/no-such-model", "/no/such/folder", "a/b/c", "é", "a--b"]
)
def test_what_is_not_on_this_machine_is_not_here(location: str) -> None:
    assert describe_model(location) == ModelFacts(is_here=False)


def test_a_model_of_the_hub_is_here_once_it_was_fetched(tmp_path: Path) -> None:
    name = "someone/tiny-bert"
    cache = tmp_path / "hub"
    served = bert_folder(tmp_path / "served")

    assert is_here(name, cache) == "False None"
    with fake_hub(served, name) as endpoint:
        fetched(name, allow_download=True, endpoint=endpoint, cache=cache)
    assert is_here(name, cache) == "True 2"
    # A download that ended half-way is none.
    next((cache / "models--someone--tiny-bert").rglob("snapshots/*/model.safetensors")).unlink()
    assert is_here(name, cache) == "False None"


def is_here(name: str, cache: Path) -> str:
    """Ask in a process of its own: the cache's place is read from its environment."""
    code = (
        "import sys; from attention_core import describe_model; "
        "facts = describe_model(sys.argv[1]); print(facts.is_here, facts.n_layers); "
        "assert 'transformers' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
