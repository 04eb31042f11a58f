"""Opening the zoo: facts, offline, faults; and its attention is the library's."""

import hashlib
import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from attention_core import AttentionMap
from attention_core.errors import BrokenModelError, DeviceError, SpecError, UnknownModelError
from attention_core.models.inputs import CaptureOptions
from attention_core.zoo import ZOO_NAMES, example_image, open_zoo, zoo_cards
from attention_core.zoo.card import SHIPPED
from attention_core.zoo.networks.layers import Attention, Handed, fused
from tests.zoo.asking import INPUTS, refusal

EVERY_MODEL = pytest.mark.parametrize("name", ZOO_NAMES)
WITH_VALUES = CaptureOptions(values=True)


@EVERY_MODEL
def test_every_layer_of_a_capture_makes_the_outputs_of_the_models_own_kernel(name: str) -> None:
    model = open_zoo(name)
    own: dict[str, list[Tensor]] = {}
    capture = model.capture(INPUTS[name], options=WITH_VALUES)

    # The last pass is the captured one.
    _watch(model.network, own)
    model.capture(INPUTS[name], options=WITH_VALUES)

    for kind, stack in capture.stacks.items():
        last = own[kind][-len(stack.layers) :]
        for layer, outputs in enumerate(last):
            found = capture.map(kind, layer).outputs()
            torch.testing.assert_close(found, outputs, rtol=0, atol=1e-6)


@EVERY_MODEL
def test_answers_are_the_same_when_every_kernel_is_an_attention_map(name: str) -> None:
    # In float64, for the layers after it multiply a kernel's rounding.
    network = open_zoo(name).network.double()
    inputs = _network_inputs(name)

    def mapped(handed: Handed) -> Tensor:
        each = zip(handed.query, handed.key, handed.value, strict=True)
        return torch.stack([AttentionMap(*qkv, handed.spec).outputs() for qkv in each])

    answers = [network(*inputs, kernel=kernel) for kernel in (fused, mapped)]
    torch.testing.assert_close(*answers, rtol=0, atol=1e-9)


def _watch(network: nn.Module, own: dict[str, list[Tensor]]) -> None:
    """Keep what every attention's kernel made, as its output map is given it."""

    def keep(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        per_head = given[0][0].unflatten(-1, (4, -1)).transpose(0, 1)
        own.setdefault(kinds[module], []).append(per_head)

    layers = [module for module in network.modules() if isinstance(module, Attention)]
    kinds: dict[nn.Module, str] = {layer.output: layer.kind for layer in layers}
    for module in kinds:
        module.register_forward_pre_hook(keep)


def _network_inputs(name: str) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(5)
    if name == "digits":
        return (torch.rand(3, 8, 8, generator=generator, dtype=torch.float64),)
    first = torch.randint(1, 11, (3, 17), generator=generator)
    return (first, first[:, :7]) if name == "dates" else (first,)


@EVERY_MODEL
def test_the_facts_are_those_of_the_card_and_of_the_file(name: str) -> None:
    model = open_zoo(name)
    content = (SHIPPED / f"{name}.safetensors").read_bytes()

    assert (model.name, model.source) == (name, "zoo")
    assert model.n_bytes == len(content) <= 2_000_000
    assert model.card.sha256 == hashlib.sha256(content).hexdigest()
    assert model.n_parameters == sum(x.numel() for x in model.network.parameters())
    assert {x.dtype for x in model.network.parameters()} == {torch.float32}
    layers = model.capture(INPUTS[name]).kinds
    assert model.n_layers == max(sizes.n_layers for sizes in layers.values())
    assert {sizes.n_heads for sizes in layers.values()} == {model.n_heads}


@EVERY_MODEL
def test_the_card_names_a_command_that_is_there_and_what_was_reached(name: str) -> None:
    (card,) = (card for card in zoo_cards() if card.name == name)
    *_, module = card.command.split()

    assert card.command == f"python -m {module}"
    assert (SHIPPED.parents[2] / (module.replace(".", "/") + ".py")).is_file()
    assert all(measure.value >= measure.required for measure in card.measures)
    assert card.examples


@EVERY_MODEL
def test_the_card_says_what_the_training_says(name: str) -> None:
    facts = import_module(f"attention_core.zoo.training.{name}").FACTS
    card = open_zoo(name).card

    assert {key: getattr(card, key) for key in facts} == facts


@pytest.mark.parametrize("name", ["dates", "induction"])
def test_every_example_text_of_a_card_is_taken(name: str) -> None:
    model = open_zoo(name)
    for example in model.card.examples:
        assert model.capture(type(INPUTS[name])(text=example)).model == name


def test_the_zoo_opens_without_transformers_and_without_scikit_learn() -> None:
    program = (
        "import sys\n"
        "from attention_core.zoo import ZOO_NAMES, open_zoo, zoo_cards\n"
        "zoo_cards(); [open_zoo(name) for name in ZOO_NAMES]\n"
        "heavy = {'transformers', 'sklearn', 'tokenizers', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


@EVERY_MODEL
def test_queries_and_keys_are_kept_without_values_unless_asked_for(name: str) -> None:
    layer = (
        open_zoo(name).capture(INPUTS[name]).stack("cross" if name == "dates" else "self").layers[0]
    )

    assert layer.query is not None
    assert layer.key is not None
    assert layer.value is None
    assert layer.query.is_contiguous()


def test_some_layers_are_kept_and_said() -> None:
    options = CaptureOptions(layers=(1,))
    digits, dates = (open_zoo(name) for name in ("digits", "dates"))
    capture, encoder_only = (
        model.capture(INPUTS[model.name], options=options) for model in (digits, dates)
    )

    assert len(capture.stacks["self"].layers) == 1
    assert [note.code for note in capture.notes] == ["prediction", "layers_kept"]
    assert list(encoder_only.stacks) == ["encoder"]


@pytest.mark.parametrize("layers", [(3,), (-1,), ()])
def test_layers_that_are_not_there_are_refused(layers: tuple[int, ...]) -> None:
    options = CaptureOptions(layers=layers)

    assert refusal(open_zoo("digits"), INPUTS["digits"], options) == "layers"


def test_a_model_that_writes_nothing_refuses_to_generate() -> None:
    options = CaptureOptions(generate=1)

    assert refusal(open_zoo("digits"), INPUTS["digits"], options) == "generate"


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownModelError, match="dates, induction, digits"):
        open_zoo("../dates")
    with pytest.raises(UnknownModelError, match="example"):
        example_image("digits", "../digits.json")


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(DeviceError, match="device must be"):
        open_zoo("dates", device="cuda")


def _missing(path: Path) -> None:
    path.unlink()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _of_another(path: Path) -> None:
    """Weights of another network, with a card that vouches for them."""
    content = (SHIPPED / "induction.safetensors").read_bytes()
    path.write_bytes(content)
    card = json.loads((path.parent / "dates.json").read_text())
    card["sha256"] = hashlib.sha256(content).hexdigest()
    (path.parent / "dates.json").write_text(json.dumps(card))


@pytest.mark.parametrize("fault", [_missing, _truncated, _flipped, _empty, _of_another])
def test_changed_weights_are_refused(fault: object, tmp_path: Path) -> None:
    for suffix in ("json", "safetensors"):
        shutil.copy(SHIPPED / f"dates.{suffix}", tmp_path)
    fault(tmp_path / "dates.safetensors")  # type: ignore[operator]

    with pytest.raises(BrokenModelError, match=r"must be .*got .*; install"):
        open_zoo("dates", folder=tmp_path)


@pytest.mark.parametrize("fault", [_missing, _truncated, _empty])
def test_a_changed_card_is_refused(fault: object, tmp_path: Path) -> None:
    for suffix in ("json", "safetensors"):
        shutil.copy(SHIPPED / f"dates.{suffix}", tmp_path)
    fault(tmp_path / "dates.json")  # type: ignore[operator]

    with pytest.raises(BrokenModelError, match="card of 'dates'"):
        open_zoo("dates", folder=tmp_path)


def test_outputs_need_values() -> None:
    capture = open_zoo("digits").capture(INPUTS["digits"])

    with pytest.raises(SpecError, match="value"):
        capture.map("self").outputs()
