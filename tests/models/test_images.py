"""Images, as a vision model sees them, and the tokens of its patches."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from attention_core.errors import SpecError
from attention_core.models import ModelInput, capture, open_model
from attention_core.models import images as image_reading
from attention_core.models.images import opened_image
from tests.models.folders import bert_folder, clip_folder, dinov2_folder, vit_folder


def _file(width: int, height: int, *, kind: str = "PNG", mode: str = "RGB") -> bytes:
    rows = np.arange(height, dtype=np.uint8)[:, None, None] * 7
    columns = np.arange(width, dtype=np.uint8)[None, :, None] * 5
    array = np.broadcast_to(rows + columns, (height, width, 3)).copy()
    file = io.BytesIO()
    Image.fromarray(array).convert(mode).save(file, format=kind)
    return file.getvalue()


def test_a_vit_sees_cls_and_then_patches_row_by_row(tmp_path: Path) -> None:
    model = open_model(str(vit_folder(tmp_path)))

    taken = capture(model, ModelInput(image=_file(37, 31)))

    tokens = taken.stacks["self"].query_tokens
    assert (tokens[0].text, tokens[0].kind, tokens[0].place) == ("[CLS]", "special", None)
    assert {token.kind for token in tokens[1:]} == {"patch"}
    assert [t.place for t in tokens[1:]] == [
        (row, column) for row in range(5) for column in range(5)
    ]
    assert taken.kinds["self"].n_keys == 26


def test_registers_come_between_cls_and_patches(tmp_path: Path) -> None:
    model = open_model(str(dinov2_folder(tmp_path)))

    tokens = capture(model, ModelInput(image=_file(37, 31))).stacks["self"].query_tokens

    assert [t.text for t in tokens[:4]] == ["[CLS]", "[REG 1]", "[REG 2]", "[REG 3]"]
    assert tokens[4].place == (0, 0)
    assert tokens[-1].place == (4, 4)


def test_the_image_is_kept_as_the_model_sees_it(tmp_path: Path) -> None:
    model = open_model(str(vit_folder(tmp_path)))

    taken = capture(model, ModelInput(image=_file(37, 31)))

    assert taken.image is not None
    seen = Image.open(io.BytesIO(taken.image))
    assert (seen.format, seen.size) == ("PNG", (20, 20))
    resized = Image.open(io.BytesIO(_file(37, 31))).resize((20, 20), Image.Resampling.BILINEAR)
    assert np.abs(np.asarray(seen, dtype=int) - np.asarray(resized, dtype=int)).max() <= 1


def test_a_text_and_an_image_are_two_kinds_of_one_capture(tmp_path: Path) -> None:
    model = open_model(str(clip_folder(tmp_path)))

    taken = capture(model, ModelInput(text="the tired animal", image=_file(37, 31)))

    assert model.accepts == {"pair"}
    assert list(taken.stacks) == ["text", "vision"]
    assert [t.text for t in taken.stacks["text"].query_tokens][1:4] == ["the", "tired", "animal"]
    assert taken.stacks["vision"].query_tokens[-1].place == (4, 4)
    assert taken.image is not None


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("PNG", "P")]
)
def test_images_of_every_sort_are_read_as_colours(kind: str, mode: str) -> None:
    assert opened_image(_file(7, 5, kind=kind, mode=mode)).mode == "RGB"


@pytest.mark.parametrize("data", [b"", b"canary", b"GIF89a" + bytes(20), b"%PDF-1.7"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(SpecError, match="PNG, JPEG or WebP") as caught:
        opened_image(data)

    assert caught.value.field == ("image",)


def test_an_image_that_breaks_off_is_refused() -> None:
    with pytest.raises(SpecError, match="must be whole"):
        opened_image(_file(97, 89)[:-200])


def test_an_image_whose_caption_is_a_bomb_is_refused() -> None:
    info = PngInfo()
    info.add_text("caption", "x" * 3_000_000, zip=True)
    file = io.BytesIO()
    Image.new("RGB", (5, 7)).save(file, format="PNG", pnginfo=info)
    assert len(file.getvalue()) < 10_000

    with pytest.raises(SpecError, match="must be whole") as caught:
        opened_image(file.getvalue())

    assert caught.value.field == ("image",)


def test_an_image_of_too_many_pixels_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = io.BytesIO()
    Image.new("1", (9000, 8000)).save(file, format="PNG")
    assert len(file.getvalue()) < 100_000

    def unpack(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Image.Image, "convert", unpack)
    with pytest.raises(SpecError, match=f"at most {image_reading.MAX_PIXELS} pixels"):
        opened_image(file.getvalue())


def test_a_model_is_given_what_it_takes_or_says_what_that_is(tmp_path: Path) -> None:
    vit = open_model(str(vit_folder(tmp_path / "vit")))
    bert = open_model(str(bert_folder(tmp_path / "bert")))
    clip = open_model(str(clip_folder(tmp_path / "clip")))
    image = _file(7, 5)

    for model, wrong, takes, field in [
        (vit, ModelInput(text="a"), "an image", "text"),
        (bert, ModelInput(image=image), "a text", "image"),
        (bert, ModelInput(text="a", image=image), "a text", "image"),
        (vit, ModelInput(text="a", image=image), "an image", "text"),
        (clip, ModelInput(text="a"), "a text and an image", "image"),
        (clip, ModelInput(image=image), "a text and an image", "text"),
        (bert, ModelInput(), "a text", "text"),
    ]:
        with pytest.raises(SpecError, match=f"must be given {takes}, got") as caught:
            capture(model, wrong)
        assert caught.value.field == (field,)


@pytest.mark.parametrize(("width", "height"), [(20_011, 1009), (1, 70), (13_001, 101), (65, 1)])
def test_a_strip_that_a_model_would_blow_up_is_refused(width: int, height: int) -> None:
    with pytest.raises(SpecError, match="crop it") as caught:
        opened_image(_file(width, height))

    assert caught.value.field == ("image",)


def test_a_bomb_of_pixels_is_told_as_too_many_pixels() -> None:
    file = io.BytesIO()
    Image.new("1", (30_000, 12_000)).save(file, format="PNG")

    with pytest.raises(SpecError, match=f"at most {image_reading.MAX_PIXELS} pixels, got more"):
        opened_image(file.getvalue())


def test_a_photo_is_turned_as_its_camera_was() -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x112] = 6
    Image.new("RGB", (7, 5)).save(file, format="JPEG", exif=exif.tobytes())

    assert opened_image(file.getvalue()).size == (5, 7)
