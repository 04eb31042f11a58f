"""Someone's own tensors as a capture: read exactly, or refused with the way out; never run."""

import json
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from attention_core import (
    AttentionError,
    AttentionMap,
    AttentionSpec,
    CaptureError,
    NonFiniteError,
    ShapeError,
    SpecError,
    attend,
)
from attention_core.captures import Capture, Layer, files
from attention_core.captures.tensors import Format, read_tensors
from attention_core.heads import Gqa
from tests.core.captures.examples import coins, drawn

FORMATS: list[Format] = ["safetensors", "npz"]


def read(
    tmp_path: Path, tensors: dict[str, Tensor], form: Format = "safetensors", **texts: Any
) -> Capture:
    path = tmp_path / "upload"
    named = {name.replace("_tokens_", ".tokens.").replace("tokens_", "tokens."): text
             for name, text in texts.items()}  # fmt: skip
    if form == "safetensors":
        metadata = {n: t if isinstance(t, str) else json.dumps(t) for n, t in named.items()}
        save_file({n: x.contiguous() for n, x in tensors.items()}, path, metadata)
    else:
        with path.open("wb") as file:
            arrays: dict[str, Any] = {n: x.numpy() for n, x in tensors.items()}
            np.savez(file, **arrays, **named)
    return read_tensors(path, format=form)


def one_layer(seed: int = 0) -> dict[str, Tensor]:
    return {
        "query": drawn(3, 5, 4, seed=seed),
        "key": drawn(3, 7, 4, seed=seed + 1),
        "value": drawn(3, 7, 2, seed=seed + 2),
    }


def attended(tensors: dict[str, Tensor], **spec: Any) -> AttentionMap:
    query, key = tensors["query"], tensors["key"]
    return attend(query, key, tensors.get("value"), AttentionSpec.model_validate(spec))


@pytest.mark.parametrize("form", FORMATS)
def test_a_query_and_a_key_are_one_layer(tmp_path: Path, form: Format) -> None:
    capture = read(tmp_path, one_layer(), form)
    expected = attended(one_layer())
    assert list(capture.stacks) == ["self"]
    assert torch.equal(capture.map().weights(), expected.weights())
    assert torch.equal(capture.map().outputs(), expected.outputs())
    assert [token.text for token in capture.stacks["self"].key_tokens] == list("1234567")


@pytest.mark.parametrize("form", FORMATS)
def test_layers_and_kinds_are_told_by_name(tmp_path: Path, form: Format) -> None:
    tensors = {}
    for index in range(11):
        for name, x in one_layer(index).items():
            tensors[f"encoder.{index}.{name}"] = x
    tensors["cross.0.weights"] = drawn(2, 3, 5, seed=1).softmax(-1)
    capture = read(tmp_path, tensors, form)
    assert {kind: sizes.n_layers for kind, sizes in capture.kinds.items()} == {
        "encoder": 11, "cross": 1,
    }  # fmt: skip
    for index in range(11):
        expected = attended(one_layer(index)).weights()
        assert torch.equal(capture.map("encoder", index).weights(), expected)
    assert torch.equal(capture.map("cross").weights(), tensors["cross.0.weights"])


def test_layer_names_the_layers_of_self(tmp_path: Path) -> None:
    tensors = {f"layer.0.{name}": x for name, x in one_layer().items()}
    assert list(read(tmp_path, tensors).stacks) == ["self"]


@pytest.mark.parametrize("form", FORMATS)
def test_one_head_needs_no_axis_of_heads(tmp_path: Path, form: Format) -> None:
    tensors = {name: x[0] for name, x in one_layer().items()}
    found = read(tmp_path, tensors, form).map()
    assert torch.equal(found.weights(), attended(tensors).weights())


@pytest.mark.parametrize("form", FORMATS)
def test_tokens_and_a_spec_are_taken_from_the_file(tmp_path: Path, form: Format) -> None:
    texts = ["的", "<b>", "🙂", "a", ""]
    capture = read(
        tmp_path, one_layer(), form, tokens_query=texts, spec='{"score": "dot", "mask": "causal"}'
    )
    assert [token.text for token in capture.stacks["self"].query_tokens] == texts
    spec = capture.map().spec
    assert spec is not None
    assert spec.score.kind == "dot"
    expected = attended(one_layer(), score="dot", mask="causal")
    assert torch.equal(capture.map().weights(), expected.weights())


def test_kinds_may_have_tokens_of_their_own(tmp_path: Path) -> None:
    x = drawn(2, 3, 4, seed=0)
    tensors = {"encoder.0.query": x, "encoder.0.key": x.clone(), "decoder.0.weights": x.softmax(-1)}
    capture = read(
        tmp_path, tensors, encoder_tokens_query=["a", "b", "c"], decoder_tokens_key=list("abcd")
    )
    assert [t.text for t in capture.stacks["encoder"].query_tokens] == ["a", "b", "c"]
    assert [t.text for t in capture.stacks["decoder"].query_tokens] == ["1", "2", "3"]
    assert [t.text for t in capture.stacks["decoder"].key_tokens] == list("abcd")


def test_as_many_queries_as_keys_share_their_tokens(tmp_path: Path) -> None:
    x = drawn(2, 3, 4, seed=0)
    stack = read(tmp_path, {"query": x, "key": x.clone()}, tokens_query=list("abc")).stacks["self"]
    assert stack.key_tokens is stack.query_tokens


def test_fewer_heads_of_keys_are_shared(tmp_path: Path) -> None:
    query, key = drawn(6, 5, 4, seed=0), drawn(2, 7, 4, seed=1)
    weights = read(tmp_path, {"query": query, "key": key}).map().weights()
    expected = (query @ key.repeat_interleave(3, dim=0).mT / 2).softmax(-1)
    torch.testing.assert_close(weights, expected)


def test_a_bias_and_a_mask_may_come_along(tmp_path: Path) -> None:
    tensors = {**one_layer(), "bias": drawn(5, 7, seed=4), "allowed": coins(5, 7, seed=5)}
    scores = read(tmp_path, tensors).map().scores()
    expected = tensors["query"] @ tensors["key"].mT / 2 + tensors["bias"]
    torch.testing.assert_close(scores, expected.masked_fill(~tensors["allowed"], -torch.inf))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_type_of_the_numbers_is_kept(tmp_path: Path, dtype: torch.dtype) -> None:
    capture = read(tmp_path, {name: x.to(dtype) for name, x in one_layer().items()})
    query = capture.stacks["self"].layers[0].query
    assert query is not None
    assert query.dtype == dtype
    assert capture.map().dtype == torch.promote_types(dtype, torch.float32)


def test_foreign_byte_orders_and_columns_first_are_read(tmp_path: Path) -> None:
    query, key = one_layer()["query"].numpy(), one_layer()["key"].numpy()
    path = tmp_path / "upload"
    np.savez_compressed(path, query=query.astype(">f4"), key=np.asfortranarray(key))
    found = read_tensors(path.with_suffix(".npz"), format="npz").map()
    assert torch.equal(found.weights(), attended(one_layer()).weights())


def changed(**tensors: Tensor | None) -> dict[str, Tensor]:
    return {name: x for name, x in {**one_layer(), **tensors}.items() if x is not None}


NAN = torch.full((3, 5, 4), torch.nan)
MISSHAPEN: list[tuple[dict[str, Tensor], type[AttentionError], tuple[str, ...]]] = [
    ({}, CaptureError, ()),
    ({"nonsense": NAN}, CaptureError, ("nonsense",)),
    ({"layer.x.query": NAN}, CaptureError, ("layer.x.query",)),
    ({"thing.0.query": NAN}, CaptureError, ("thing.0.query",)),
    (changed(key=None, value=None), ShapeError, ("key",)),
    (changed(query=None), ShapeError, ("query",)),
    (changed(weights=drawn(3, 5, 7, seed=0)), ShapeError, ("key",)),
    ({"weights": torch.ones(2, 3, 5), "bias": torch.ones(3, 5)}, ShapeError, ("query",)),
    (changed(query=NAN), NonFiniteError, ("query",)),
    (changed(query=drawn(5, seed=0)), ShapeError, ("query",)),
    (changed(query=drawn(1, 3, 5, 4, seed=0)), ShapeError, ("query",)),
    (changed(query=torch.ones(3, 5, 4, dtype=torch.int64)), ShapeError, ("query",)),
    (changed(query=torch.ones(3, 0, 4)), ShapeError, ("query",)),
    (changed(query=drawn(3, 5, 11, seed=0)), ShapeError, ("spec", "score")),
    (changed(key=drawn(2, 7, 4, seed=0)), ShapeError, ("key",)),
    (changed(value=drawn(3, 5, 2, seed=0)), ShapeError, ("value",)),
    (changed(allowed=torch.ones(7, 5, dtype=torch.bool)), ShapeError, ("allowed",)),
    (changed(allowed=torch.ones(5, 7)), ShapeError, ("allowed",)),
    (changed(bias=torch.ones(3, 7, 5)), ShapeError, ("bias",)),
    (changed(distances=torch.ones(12)), ShapeError, ("distances",)),
    ({"weights": torch.full((2, 3, 5), torch.inf)}, NonFiniteError, ("weights",)),
    ({"layer.1.query": drawn(3, 5, 4, seed=0), "layer.1.key": drawn(3, 7, 4, seed=1)},
     CaptureError, ()),
    ({**one_layer(), "layer.0.query": drawn(3, 5, 4, seed=0)}, CaptureError, ("layer.0.query",)),
    ({"layer.0.weights": drawn(2, 3, 5, seed=0), "layer.1.weights": drawn(2, 3, 7, seed=0)},
     ShapeError, ("layer.1.weights",)),
    ({"layer.0.query": NAN, "layer.0.key": drawn(3, 7, 4, seed=1)},
     NonFiniteError, ("layer.0.query",)),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("tensors", "error", "field"), MISSHAPEN)
def test_tensors_that_are_no_layers_are_refused(
    tmp_path: Path, form: Format, tensors: Any, error: Any, field: Any
) -> None:
    with pytest.raises(error) as caught:
        read(tmp_path, tensors, form)
    assert caught.value.field == field


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("texts", "error", "field"),
    [
        ({"tokens_query": ["a"]}, ShapeError, ("tokens.query",)),
        ({"tokens_key": ["a"] * 5}, ShapeError, ("tokens.key",)),
        ({"spec": "{"}, SpecError, ("spec",)),
        ({"spec": '{"score": "nonsense"}'}, SpecError, ("spec", "score")),
        ({"spec": '{"mask": {"kind": "padding", "key_length": 8}}'}, SpecError,
         ("spec", "mask", 0, "key_length")),
    ],
)  # fmt: skip
def test_texts_that_do_not_fit_are_refused(
    tmp_path: Path, form: Format, texts: Any, error: Any, field: Any
) -> None:
    with pytest.raises(error) as caught:
        read(tmp_path, one_layer(), form, **texts)
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["nonsense", "3", '{"a": 1}', "[1, 2]", "[" * 100_000])
def test_tokens_that_are_no_list_of_texts_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CaptureError) as caught:
        read(tmp_path, one_layer(), tokens_query=text)
    assert caught.value.field == ("tokens.query",)


def test_texts_that_are_no_unicode_are_refused(tmp_path: Path) -> None:
    for form in FORMATS:
        with pytest.raises(CaptureError, match="Unicode") as caught:
            read(tmp_path, one_layer(), form, tokens_query=["a", "b", "c", "d", "\ud800"])
        assert caught.value.field == ("tokens.query",)
        with pytest.raises(AttentionError):
            read(tmp_path, one_layer(), "npz", spec='{"score": "\ud800"}')


def test_heads_that_share_keys_must_fit_with_keys_of_their_own(tmp_path: Path) -> None:
    read(tmp_path, {"query": drawn(1024, 1, 2, seed=0), "key": drawn(1, 1009, 2, seed=1)})
    with pytest.raises(CaptureError, match="its own") as caught:
        read_tensors(tmp_path / "upload", max_bytes=1_000_000)
    assert caught.value.field == ("key",)


def test_heads_that_share_values_must_fit_with_values_of_their_own_in_float32(
    tmp_path: Path,
) -> None:
    heads = {"query": drawn(1024, 1, 2, seed=0), "key": drawn(1, 3, 2, seed=1)}
    read(tmp_path, {**heads, "value": torch.ones(1, 3, 97, dtype=torch.float16)})
    with pytest.raises(CaptureError, match="its own") as caught:
        read_tensors(tmp_path / "upload", max_bytes=1_000_000)
    assert caught.value.field == ("value",)


@pytest.mark.parametrize("name", ["query", "key", "weights", "tokens.query"])
def test_more_tokens_than_may_be_are_refused_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(files, "MAX_TOKENS", 11)
    long = {"query": {"query": torch.ones(13, 2), "key": torch.ones(3, 2)},
            "key": {"query": torch.ones(3, 2), "key": torch.ones(13, 2)},
            "weights": {"weights": torch.ones(13, 3)}}  # fmt: skip
    texts = {"tokens_query": ["a"] * 13} if name == "tokens.query" else {}

    with pytest.raises(CaptureError, match="11 tokens at most, got 13") as caught:
        read(tmp_path, long.get(name, one_layer()), "npz", **texts)

    assert caught.value.field == (name,)


def test_a_tensor_that_comes_twice_is_refused(tmp_path: Path) -> None:
    read(tmp_path, one_layer(), "npz")
    with zipfile.ZipFile(tmp_path / "upload", "a") as archive:
        archive.writestr("query", archive.read("query.npy"))

    with pytest.raises(CaptureError, match="twice") as caught:
        read_tensors(tmp_path / "upload", format="npz")

    assert caught.value.field == ("query",)


def test_texts_of_numbers_that_are_no_characters_are_refused(tmp_path: Path) -> None:
    texts = np.frombuffer(struct.pack("<5I", *[0x7FFFFFFF] * 5), dtype="<U1")

    with pytest.raises(CaptureError):
        read(tmp_path, one_layer(), "npz", tokens_query=texts)


def test_too_many_heads_are_refused(tmp_path: Path) -> None:
    for name in ("query", "weights"):
        tensors = {"query": {"query": drawn(1025, 1, 2, seed=0), "key": drawn(1, 3, 2, seed=1)},
                   "weights": {"weights": torch.ones(1025, 1, 1)}}[name]  # fmt: skip
        with pytest.raises(CaptureError, match="1,024") as caught:
            read(tmp_path, tensors)
        assert caught.value.field == (name,)


class Canary:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('a pickle was run')",))


def test_pickles_are_never_run(tmp_path: Path) -> None:
    path = tmp_path / "upload.npz"
    np.savez(path, query=np.array([Canary()], dtype=object))
    with pytest.raises(CaptureError, match="unpickled") as caught:
        read_tensors(path, format="npz")
    assert caught.value.field == ("query",)
    torch.save({"query": torch.ones(2)}, path)
    for form in FORMATS:
        with pytest.raises(CaptureError):
            read_tensors(path, format=form)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, form: Format) -> None:
    read(tmp_path, one_layer(), form)
    path = tmp_path / "upload"
    content = path.read_bytes()
    for size in range(0, len(content), 41):
        path.write_bytes(content[:size])
        with pytest.raises(CaptureError, match="whole"):
            read_tensors(path, format=form)


@pytest.mark.parametrize("form", FORMATS)
def test_a_flipped_bit_is_refused_or_read_as_a_number(tmp_path: Path, form: Format) -> None:
    read(tmp_path, one_layer(), form)
    path = tmp_path / "upload"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        try:
            read_tensors(path, format=form)
        except AttentionError:
            continue


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("query.npy", bytes(50_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(CaptureError, match="unpacked"):
        read_tensors(path, format="npz", max_bytes=10_000_000)


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "liar.npz"
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}"
    header = header.ljust(117) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("query.npy", npy)
    with pytest.raises(CaptureError, match="whole npz"):
        read_tensors(path, format="npz")


def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    read(tmp_path, one_layer())
    with pytest.raises(CaptureError, match="at most"):
        read_tensors(tmp_path / "upload", max_bytes=100)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for form in FORMATS:
        with pytest.raises(CaptureError):
            read_tensors(tmp_path / "none", format=form)


def test_check_may_end_the_reading(tmp_path: Path) -> None:
    read(tmp_path, one_layer())

    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_tensors(tmp_path / "upload", check=end)


def test_a_header_of_brackets_that_never_end_is_refused(tmp_path: Path) -> None:
    header = b"(" * 5000 + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    path = tmp_path / "tensors.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("query.npy", npy)

    with pytest.raises(CaptureError, match="whole npz file"):
        read_tensors(path, format="npz")


def test_layers_are_counted_in_plain_digits(tmp_path: Path) -> None:
    path = tmp_path / "tensors.npz"
    rows: Any = np.ones((3, 5), "f4")
    np.savez(path, **{f"layer.\u0660.{name}": rows for name in ("query", "key")})

    with pytest.raises(CaptureError, match="must say what it is"):
        read_tensors(path, format="npz")


def test_longer_texts_than_may_be_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_TEXT_BYTES", 13)
    read(tmp_path, one_layer(), tokens_query=["的", "<b>", "🙂", "a", "bc"])

    with pytest.raises(CaptureError, match="13 bytes of text at most, got 14") as caught:
        read(tmp_path, one_layer(), tokens_query=["的", "<b>", "🙂", "a", "bcd"])

    assert caught.value.field == ("tokens.query",)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_are_told_of(tmp_path: Path, dtype: torch.dtype) -> None:
    half = read(tmp_path, {name: x.to(dtype) for name, x in one_layer().items()})

    assert [note.code for note in half.notes] == ["half_precision"]
    assert str(dtype).removeprefix("torch.") in half.notes[0].message
    assert read(tmp_path, one_layer()).notes == ()


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_a_number_that_is_none_is_found_in_any_head(tmp_path: Path, name: str) -> None:
    for head in range(2):
        tensors = {"query": drawn(6, 5, 4, seed=0), "key": drawn(2, 7, 4, seed=1),
                   "value": drawn(2, 7, 3, seed=2)}  # fmt: skip
        tensors[name][head, -1, 2] = torch.nan
        with pytest.raises(NonFiniteError) as caught:
            read(tmp_path, tensors)
        assert caught.value.field == (name,)


def test_numbers_that_come_for_each_head_must_be_as_many(tmp_path: Path) -> None:
    sinks = '{"normalizer": {"kind": "sink", "sink": [0.5, 1.0]}}'
    with pytest.raises(AttentionError, match="sink"):
        read(tmp_path, one_layer(), spec=sinks)
    read(tmp_path, {name: x[:2] for name, x in one_layer().items()}, spec=sinks)


def test_check_is_called_for_every_head(tmp_path: Path) -> None:
    read(tmp_path, one_layer())
    calls: list[int] = []

    read_tensors(tmp_path / "upload", check=lambda: calls.append(1))

    assert len(calls) >= 4, "once for the layer, and for each of three heads"


def test_a_map_holds_halves_as_float32_what_it_turns_and_keys_for_every_head() -> None:
    query, key = drawn(6, 5, 4, seed=0).half(), drawn(2, 7, 4, seed=1).half()
    shared = Layer(AttentionSpec(heads=Gqa(n_heads=6, n_kv_heads=2)), query, key)
    own = Layer(AttentionSpec(), query.float(), drawn(6, 7, 4, seed=2))

    of_rows = 6 * 5 * 16
    # Queries, and keys of six heads.
    assert shared.map_bytes == (6 * 5 * 4) * 4 + (6 * 7 * 4) * 4 + of_rows
    assert own.map_bytes == of_rows
    turned = replace(own, spec=AttentionSpec(position="rope"))
    assert turned.map_bytes == (6 * 5 * 4) * 4 + (6 * 7 * 4) * 4 + of_rows
    assert Layer(None, weights=torch.ones(2, 3, 3)).map_bytes == 0
