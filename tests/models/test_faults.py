"""Folders that are broken, or that ask for what is not given: the error that each one gives."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from attention_core.errors import (
    BrokenModelError,
    OfflineModelError,
    RefusedModelError,
    UnknownModelError,
)
from attention_core.models import open_model
from attention_core.models.architecture import _available_bytes, loaded
from attention_core.models.folder import config_of
from tests.models.folders import bert_folder, sums
from tests.models.tiny import case
from tests.models.tokenizers import word_piece


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert_folder(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "bert"))


def _change(path: Path, **entries: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**content, **entries}), encoding="utf-8")


def _truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])


def _cut_header(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5])


def _flipped(folder: Path) -> None:
    sums(folder)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)


def _listed_but_missing(folder: Path) -> None:
    sums(folder)
    (folder / "tokenizer_config.json").unlink()


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _config_no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")


def _config_no_object(folder: Path) -> None:
    (folder / "config.json").write_text("[]", encoding="utf-8")


def _tokenizer_no_json(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")


def _wrong_sizes(folder: Path) -> None:
    _change(folder / "config.json", hidden_size=49)


def _config_of_another(folder: Path) -> None:
    _change(folder / "config.json", model_type="canary")


def _more_layers(folder: Path) -> None:
    _change(folder / "config.json", num_hidden_layers=3)


def _shard_missing(folder: Path) -> None:
    shutil.rmtree(folder)
    bert_folder(folder, max_shard_size="20KB")
    sorted(folder.glob("model-*.safetensors"))[1].unlink()


def _no_heads(folder: Path) -> None:
    _change(folder / "config.json", num_attention_heads=0)


def _padding_past_the_end(folder: Path) -> None:
    _change(folder / "config.json", pad_token_id=9999)


BREAKS: list[Callable[[Path], None]] = [
    _truncated,
    _cut_header,
    _flipped,
    _listed_but_missing,
    _no_weights,
    _no_config,
    _config_no_json,
    _config_no_object,
    _tokenizer_no_json,
    _wrong_sizes,
    _config_of_another,
    _more_layers,
    _no_heads,
    _padding_past_the_end,
    _shard_missing,
]


@pytest.mark.parametrize("spoil", BREAKS)
def test_a_broken_folder_is_told_apart_and_not_opened(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)

    with pytest.raises(BrokenModelError) as caught:
        open_model(str(folder))

    assert caught.value.field == ("model",)
    assert "must" in str(caught.value)


def _pickle_only(folder: Path) -> None:
    torch.save({"canary": torch.ones(2)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def _own_code(folder: Path) -> None:
    (folder / "modeling_canary.py").write_text("raise SystemExit", encoding="utf-8")


def _fetched_kernel(folder: Path) -> None:
    _change(folder / "config.json", attn_implementation="someone/kernel")


def _fetched_kernel_of_a_part(folder: Path) -> None:
    _change(folder / "config.json", attn_implementation={"": "someone/kernel"})


def _fetched_kernel_by_an_inner_name(folder: Path) -> None:
    _change(folder / "config.json", _attn_implementation_internal="someone/kernel")


def _index_leads_out(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "../secret.safetensors"}}
    _change(folder / "model.safetensors.index.json", **index)


def _adapter(folder: Path) -> None:
    _change(folder / "adapter_config.json", base_model_name_or_path="someone/else")


def _unknown_architecture(folder: Path) -> None:
    _change(folder / "config.json", model_type="unheard-of", architectures=["UnheardOf"])


REFUSALS: list[Callable[[Path], None]] = [
    _pickle_only,
    _own_code,
    _fetched_kernel,
    _adapter,
    _index_leads_out,
    _unknown_architecture,
]


@pytest.mark.parametrize("spoil", REFUSALS)
def test_a_folder_that_asks_for_what_is_not_given_is_refused(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)

    with pytest.raises(RefusedModelError) as caught:
        open_model(str(folder))

    assert caught.value.field == ("model",)


def test_a_model_that_writes_must_have_the_head_that_it_writes_with(tmp_path: Path) -> None:
    case("Llama").model.save_pretrained(tmp_path)  # type: ignore[operator]
    word_piece().save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    weights.pop("lm_head.weight")
    save_file(weights, path, {"format": "pt"})

    with pytest.raises(BrokenModelError, match=r"lm_head\.weight"):
        open_model(str(tmp_path))


@pytest.mark.parametrize(
    "spoil", [_fetched_kernel, _fetched_kernel_of_a_part, _fetched_kernel_by_an_inner_name]
)
def test_a_kernel_of_the_hub_is_refused_before_anything_asks_for_it(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)

    with pytest.raises(RefusedModelError, match="must not bring kernels"):
        open_model(str(folder))


@pytest.mark.parametrize(
    "name",
    ["config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json"],
)
@pytest.mark.parametrize("is_nested", [False, True])
def test_code_that_a_folder_names_is_refused_and_does_not_run(
    folder: Path, name: str, *, is_nested: bool
) -> None:
    canary = folder / "ran"
    (folder / "canary.py").write_text(
        f"from pathlib import Path\nPath({str(canary)!r}).touch()\n"
        "class CanaryConfig: ...\nclass CanaryModel: ...\n",
        encoding="utf-8",
    )
    named = {"auto_map": {"AutoConfig": "canary.CanaryConfig", "AutoModel": "canary.CanaryModel"}}
    _change(folder / name, **({"text_config": [named]} if is_nested else named))

    with pytest.raises(RefusedModelError, match="auto_map"):
        open_model(str(folder))

    assert not canary.exists()


def test_a_folder_with_matching_hashes_opens(folder: Path) -> None:
    sums(folder)

    assert open_model(str(folder)).n_layers == 2


def test_sharded_weights_open(tmp_path: Path) -> None:
    bert_folder(tmp_path / "sharded", max_shard_size="20KB")

    assert len(list((tmp_path / "sharded").glob("model-*.safetensors"))) > 2
    assert open_model(str(tmp_path / "sharded")).n_heads == 7


def test_a_changed_file_of_the_hubs_cache_is_found_by_its_name(
    folder: Path, tmp_path: Path
) -> None:
    weights = folder / "model.safetensors"
    blob = tmp_path / ("0" * 64)
    shutil.move(weights, blob)
    weights.symlink_to(blob)

    with pytest.raises(BrokenModelError, match="SHA-256"):
        open_model(str(folder))


@pytest.mark.parametrize("name", ["/no/such/folder", "a b", "", "owner/a/b"])
def test_what_no_model_can_be_called_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModelError, match="none of them"):
        open_model(name)


def test_a_model_larger_than_memory_is_refused_with_both_sizes(
    folder: Path, tmp_path: Path
) -> None:
    free = _available_bytes()
    assert free is not None
    huge = tmp_path / "huge.safetensors"
    with huge.open("wb") as file:
        # A hole: it takes no room on the disk.
        file.truncate(4 * free)

    with pytest.raises(RefusedModelError, match=f"{4 * free:,} bytes"):
        loaded(folder, config_of(folder), [huge], None)


def test_a_model_of_the_hub_that_is_not_here_is_offline_when_nothing_may_be_fetched() -> None:
    with pytest.raises(OfflineModelError, match="nothing may be fetched"):
        open_model("someone/never-fetched-this", allow_download=False)
