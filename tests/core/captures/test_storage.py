"""Captures on disk: the same when read again, whole or not there, and never trusted blindly."""

import errno
import hashlib
import json
import resource
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from attention_core import AttentionMap, AttentionSpec, CaptureError
from attention_core.captures import Capture, Layer, Stack, Token, capture_tokens, storage
from attention_core.captures.storage import (
    FILE_NAME,
    MAX_HEADER_BYTES,
    load_capture,
    save_capture,
    text_bytes,
)
from tests.core.captures.examples import capture_of, drawn, layer, translation


def require_same(found: Capture, expected: Capture) -> None:
    for name in ("model", "notes", "image"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.kinds == expected.kinds
    for kind, stack in expected.stacks.items():
        other = found.stacks[kind]
        assert other.query_tokens == stack.query_tokens
        assert other.key_tokens == stack.key_tokens
        assert other.n_given == stack.n_given
        for mine, theirs in zip(stack.layers, other.layers, strict=True):
            for field in fields(Layer):
                a, b = getattr(mine, field.name), getattr(theirs, field.name)
                if isinstance(a, torch.Tensor):
                    assert a.dtype == b.dtype
                    assert torch.equal(a, b)
                else:
                    assert a == b


def test_a_capture_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    saved = save_capture(translation(), tmp_path / "a" / "b")
    content = (tmp_path / "a" / "b" / FILE_NAME).read_bytes()
    assert saved == (hashlib.sha256(content).hexdigest(), len(content))
    found = load_capture(tmp_path / "a" / "b", sha256=saved.sha256)
    require_same(found, translation())
    assert found.stacks["encoder"].key_tokens is found.stacks["encoder"].query_tokens


def test_weights_of_a_capture_read_again_are_the_same_to_the_bit(tmp_path: Path) -> None:
    save_capture(translation(), tmp_path)
    found = load_capture(tmp_path)
    for kind, sizes in translation().kinds.items():
        for index in range(sizes.n_layers):
            expected = translation().map(kind, index).weights()
            assert torch.equal(found.map(kind, index).weights(), expected)


def test_a_tensor_that_layers_share_is_kept_once(tmp_path: Path) -> None:
    bias = drawn(1, 101, 101, seed=0)
    layers = [Layer(AttentionSpec(), *(drawn(1, 101, 2, seed=i),) * 2, bias=bias) for i in range(7)]
    saved = save_capture(capture_of(*layers), tmp_path)
    assert saved.n_bytes < 2 * bias.nbytes
    for found in load_capture(tmp_path).stacks["self"].layers:
        assert found.bias is not None
        assert torch.equal(found.bias, bias)


def test_a_view_is_kept_without_the_rest_of_its_storage(tmp_path: Path) -> None:
    whole = drawn(2, 1009, 6, seed=0)
    query, key = whole[:, :5, :3], whole[:, :7, 3:]
    saved = save_capture(capture_of(Layer(AttentionSpec(), query, key)), tmp_path)
    assert saved.n_bytes < 5000
    found = load_capture(tmp_path).stacks["self"].layers[0]
    assert found.query is not None
    assert found.key is not None
    assert torch.equal(found.query, query)
    assert torch.equal(found.key, key)


def test_numbers_of_a_spec_are_the_same_to_the_bit(tmp_path: Path) -> None:
    spec = AttentionSpec.model_validate(
        {"normalizer": {"kind": "sink", "sink": [0.1, 1 / 3, 1e-30]}, "softcap": 1 / 7}
    )
    save_capture(capture_of(Layer(spec, layer().query, layer().key)), tmp_path)
    found = load_capture(tmp_path).stacks["self"].layers[0].spec
    assert found is not None
    assert found.model_dump_json() == spec.model_dump_json()


def test_an_interrupted_save_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = save_capture(translation(), tmp_path)
    for name in ("save_file", "_sha256", "_flush"):
        with monkeypatch.context() as broken:

            def fail(*args: Any) -> None:
                raise KeyboardInterrupt

            broken.setattr(storage, name, fail)
            with pytest.raises(KeyboardInterrupt):
                save_capture(capture_of(layer()), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
        require_same(load_capture(tmp_path, sha256=first.sha256), translation())


def test_what_a_crash_left_is_swept_by_the_next_save(tmp_path: Path) -> None:
    (tmp_path / storage._PARTIAL).mkdir()
    (tmp_path / storage._PARTIAL / ".tmp123").write_bytes(b"half")
    save_capture(translation(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_second_save_replaces_the_first(tmp_path: Path) -> None:
    save_capture(translation(), tmp_path)
    saved = save_capture(capture_of(layer()), tmp_path)
    require_same(load_capture(tmp_path, sha256=saved.sha256), capture_of(layer()))


def test_any_flipped_bit_is_found_by_the_hash(tmp_path: Path) -> None:
    saved = save_capture(capture_of(layer()), tmp_path)
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    for place in range(0, len(content), 101):
        path.unlink()
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(CaptureError, match="make it again"):
            load_capture(tmp_path, sha256=saved.sha256)


def test_a_flipped_bit_without_a_hash_is_refused_or_read_as_another_capture(tmp_path: Path) -> None:
    save_capture(translation(), tmp_path)
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    for place in range(0, len(content), 5):
        # Written anew, because what is mapped must not change.
        path.unlink()
        path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        try:
            load_capture(tmp_path)
        except CaptureError:
            continue


def test_a_file_cut_short_anywhere_is_refused_without_a_hash_too(tmp_path: Path) -> None:
    save_capture(capture_of(layer()), tmp_path)
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    for size in range(0, len(content), 97):
        path.unlink()
        path.write_bytes(content[:size])
        with pytest.raises(CaptureError, match="make it again"):
            load_capture(tmp_path)


def test_a_missing_file_or_folder_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CaptureError, match=FILE_NAME):
            load_capture(folder)
        with pytest.raises(CaptureError, match=FILE_NAME):
            load_capture(folder, sha256="0" * 64)


def test_a_file_of_other_tensors_is_no_capture(tmp_path: Path) -> None:
    save_file({"query": torch.ones(2, 3)}, tmp_path / FILE_NAME)
    with pytest.raises(CaptureError, match="must be a capture"):
        load_capture(tmp_path)


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    torch.save({"query": torch.ones(2, 3)}, tmp_path / FILE_NAME)
    with pytest.raises(CaptureError, match="cannot be read"):
        load_capture(tmp_path)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda r: {**r, "version": 2}, "of version 1, got 2"),
        (lambda r: {**r, "stacks": 3}, "cannot be read"),
        (lambda r: {k: v for k, v in r.items() if k != "stacks"}, "cannot be read"),
        (lambda r: {**r, "image": "nowhere"}, "cannot be read"),
        (lambda r: [], "cannot be read"),
        (
            lambda r: {**r, "stacks": {"self": {**r["stacks"]["self"], "layers": [
                {"spec": {}, "tensors": {"nonsense": "self.0.query"}}]}}},
            "cannot be read",
        ),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(tmp_path: Path, change: Any, match: str) -> None:
    save_capture(capture_of(layer()), tmp_path)
    with safe_open(tmp_path / FILE_NAME, framework="pt") as file:
        record = json.loads(file.metadata()[storage._ENTRY])
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    (tmp_path / FILE_NAME).unlink()
    save_file(tensors, tmp_path / FILE_NAME, {storage._ENTRY: json.dumps(change(record))})
    with pytest.raises(CaptureError, match=match):
        load_capture(tmp_path)


def test_texts_that_are_no_unicode_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    capture = capture_tokens(["the", "\ud83d"])

    with pytest.raises(CaptureError, match="Unicode"):
        save_capture(capture, tmp_path / "capture")

    assert not (tmp_path / "capture").exists()


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        save_capture(translation(), tmp_path / "file" / "folder")


def test_a_file_that_cannot_be_finished_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    first = save_capture(capture_of(layer()), tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (first.n_bytes, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            save_capture(translation(), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    require_same(load_capture(tmp_path, sha256=first.sha256), capture_of(layer()))


def test_a_map_outlives_the_deletion_of_its_file(tmp_path: Path) -> None:
    save_capture(capture_of(layer()), tmp_path)
    found = load_capture(tmp_path).map()
    (tmp_path / FILE_NAME).unlink()
    assert isinstance(found, AttentionMap)
    assert torch.equal(found.weights(), layer().map().weights())


def test_writing_to_a_loaded_tensor_leaves_the_file_alone(tmp_path: Path) -> None:
    saved = save_capture(capture_of(layer()), tmp_path)
    query = load_capture(tmp_path).stacks["self"].layers[0].query
    assert query is not None
    query.zero_()
    load_capture(tmp_path, sha256=saved.sha256)


@pytest.mark.parametrize("n_layers", [1, 11, 101])
def test_numbers_are_read_in_place(tmp_path: Path, n_layers: int) -> None:
    layers = [
        Layer(AttentionSpec(), drawn(3, 16, 4, seed=i), drawn(3, 32, 4, seed=i + 1).half())
        for i in range(n_layers)
    ]
    save_capture(capture_of(*layers), tmp_path)
    for found in load_capture(tmp_path).stacks["self"].layers:
        assert found.query is not None
        assert found.query.data_ptr() % 64 == 0
        whole = found.map()
        assert isinstance(whole, AttentionMap)
        assert whole.query.data_ptr() == found.query.data_ptr()


def test_numbers_askew_are_copied() -> None:
    askew = torch.zeros(3 * 5 * 4 + 1)[1:].view(3, 5, 4)
    assert askew.data_ptr() % 64
    key = drawn(3, 7, 4, seed=1)
    whole = Layer(AttentionSpec(), askew, key).map()
    assert isinstance(whole, AttentionMap)
    assert whole.query.data_ptr() % 64 == 0


def test_the_most_tokens_of_a_capture_fit_into_its_header(tmp_path: Path) -> None:
    n_tokens = 2**17
    tokens = tuple(
        Token("词" * 3, "Ġ" + "词" * 3, id=10**5, joins=True, span=(6 * 10**5, 6 * 10**5 + 3),
              word=10**5, sentence=10**4)
        for _ in range(n_tokens)
    )  # fmt: skip
    one = Layer(AttentionSpec(), *(drawn(1, n_tokens, 1, seed=0),) * 2)

    saved = save_capture(Capture({"self": Stack((one,), tokens, tokens, n_tokens)}), tmp_path)

    assert saved.n_bytes < MAX_HEADER_BYTES / 2
    found = load_capture(tmp_path).stacks["self"]
    assert found.query_tokens == tokens
    assert found.key_tokens is found.query_tokens


def test_more_text_than_is_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MAX_HEADER_BYTES", 1000)

    with pytest.raises(CaptureError, match="1,000 bytes at most"):
        save_capture(capture_tokens(["the"] * 31), tmp_path / "capture")

    assert not (tmp_path / "capture").exists()


@pytest.mark.parametrize("make", [translation, lambda: capture_of(layer())])
def test_all_that_is_no_tensor_is_told_without_a_file(tmp_path: Path, make: Any) -> None:
    tensors = {
        x.data_ptr(): x.nbytes
        for stack in make().stacks.values()
        for each in stack.layers
        for name in ("query", "key", "value", "bias", "distances", "allowed", "weights")
        if (x := getattr(each, name)) is not None
    }
    saved = save_capture(make(), tmp_path)
    text = text_bytes(make())
    assert text == pytest.approx(saved.n_bytes - sum(tensors.values()), rel=0.1)
