"""``digits``: real held-out images are read right; any image file is made 8 × 8."""

import io

import pytest
import torch
from PIL import Image, ImageOps

from attention_core.captures import Token
from attention_core.models.inputs import ModelInput
from attention_core.zoo import ZooModel, example_image
from attention_core.zoo.training.digits import measured, real_digits
from tests.zoo.asking import INPUTS, refusal


def file_of(image: Image.Image, file_format: str = "png") -> bytes:
    content = io.BytesIO()
    image.save(content, file_format)
    return content.getvalue()


def example(digit: int) -> Image.Image:
    return Image.open(io.BytesIO(example_image("digits", f"digit-{digit}.png")))


def reading(model: ZooModel, content: bytes) -> str:
    return model.capture(ModelInput(image=content)).notes[0].message


def test_the_card_holds_what_the_weights_reach_on_held_out_images(digits: ZooModel) -> None:
    (found,) = measured(digits.network)  # type: ignore[arg-type]

    assert found.value >= 0.96
    assert digits.card.measures == (found,)


@pytest.mark.parametrize("digit", range(10))
def test_every_example_is_a_real_digit_and_read_right(digits: ZooModel, digit: int) -> None:
    pixels, labels = real_digits()
    shown = torch.tensor(list(example(digit).tobytes())).reshape(8, 8) / 255

    assert reading(digits, file_of(example(digit))).startswith(f"The model reads a {digit} (")
    assert (pixels[labels == digit] - shown).abs().amax(dim=(1, 2)).min() < 1 / 255


@pytest.mark.parametrize("file_format", ["png", "jpeg", "webp"])
def test_a_large_negative_in_any_format_is_read_like_the_small_image(
    digits: ZooModel, file_format: str
) -> None:
    large = ImageOps.invert(example(3).resize((120, 120), Image.Resampling.NEAREST))
    capture = digits.capture(ModelInput(image=file_of(large, file_format)))

    assert capture.notes[0].message.startswith("The model reads a 3 (")
    assert [note.code for note in capture.notes] == ["prediction", "inverted"]


def test_a_narrow_image_keeps_its_shape(digits: ZooModel) -> None:
    narrow = example(1).resize((80, 80)).crop((20, 0, 60, 80))

    assert reading(digits, file_of(narrow)).startswith("The model reads a 1 (")


def test_the_capture_has_cls_and_sixteen_patches_with_their_places(digits: ZooModel) -> None:
    stack = digits.capture(INPUTS["digits"]).stacks["self"]

    assert len(stack.layers) == 3
    assert stack.query_tokens[0] == Token("[CLS]", "[CLS]", kind="special")
    assert [token.place for token in stack.query_tokens[1:]] == [
        (row, column) for row in range(4) for column in range(4)
    ]
    assert {token.kind for token in stack.query_tokens[1:]} == {"patch"}
    assert stack.n_given == 17


def test_the_shown_image_is_what_the_model_saw_enlarged_without_blur(digits: ZooModel) -> None:
    content = digits.capture(INPUTS["digits"]).image
    assert content is not None
    shown = Image.open(io.BytesIO(content))

    assert shown.format == "PNG"
    assert shown.size == (128, 128)
    assert shown.resize((8, 8), Image.Resampling.BOX).tobytes() == example(7).tobytes()


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (ModelInput(image=b""), "image"),
        (ModelInput(image=b"no image"), "image"),
        (ModelInput(image=file_of(Image.new("L", (9, 9)))[:-30]), "image"),
        (ModelInput(image=file_of(Image.new("L", (9, 9)), "bmp")), "image"),
        (ModelInput(text="7"), "text"),
        (ModelInput(), "image"),
        (ModelInput(image=example_image("digits", "digit-7.png"), target="7"), "target"),
    ],
)
def test_what_is_no_image_is_refused_with_its_field(
    digits: ZooModel, inputs: ModelInput, field: str
) -> None:
    assert refusal(digits, inputs) == field
