"""Models: opened from the zoo, a folder or the hub, and captured with their own kernels.

The only importer of transformers, and lazily: nothing of it is loaded before a model is.
"""

from attention_core.models.estimate import CaptureEstimate
from attention_core.models.facts import ModelFacts, describe_model
from attention_core.models.front import capture
from attention_core.models.inputs import CaptureOptions, ModelInput, Progress
from attention_core.models.opened import OpenedModel
from attention_core.models.opening import open_model

__all__ = [
    "CaptureEstimate",
    "CaptureOptions",
    "ModelFacts",
    "ModelInput",
    "OpenedModel",
    "Progress",
    "capture",
    "describe_model",
    "open_model",
]
