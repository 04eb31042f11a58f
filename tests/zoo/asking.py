"""What the tests of the zoo ask its models, and how they read the captures."""

import pytest

from attention_core.captures import Capture, Token
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.zoo import ZooModel, example_image

INPUTS = {
    "dates": ModelInput(text="Thursday, 3rd of May 1979"),
    "induction": ModelInput(text="k7Qxe3pk7Qxe"),
    "digits": ModelInput(image=example_image("digits", "digit-7.png")),
}


def look(model: ZooModel, text: str, target: str | None = None, generate: int = 0) -> Capture:
    options = CaptureOptions(generate=generate)
    return model.capture(ModelInput(text=text, target=target), options=options)


def read(tokens: tuple[Token, ...]) -> str:
    return "".join(token.text for token in tokens)


def refusal(model: ZooModel, inputs: ModelInput, options: CaptureOptions | None = None) -> str:
    """Tell at which field an input is refused."""
    with pytest.raises(SpecError, match=r"must .*got .*") as caught:
        model.capture(inputs, options=options or CaptureOptions())
    return str(caught.value.field[0])
