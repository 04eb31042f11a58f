"""Captures: Q, K and the spec of every layer, kept so that any weight can be had later."""

from attention_core.captures.attended import capture_numbers, capture_tokens
from attention_core.captures.capture import Capture, KindSizes, Stack
from attention_core.captures.given_weights import GivenWeights
from attention_core.captures.layer import Layer
from attention_core.captures.recognition import MaskHints, recognised, split_bias
from attention_core.captures.storage import Saved, load_capture, save_capture
from attention_core.captures.tensors import read_tensors
from attention_core.captures.token import Token, TokenKind

__all__ = [
    "Capture",
    "GivenWeights",
    "KindSizes",
    "Layer",
    "MaskHints",
    "Saved",
    "Stack",
    "Token",
    "TokenKind",
    "capture_numbers",
    "capture_tokens",
    "load_capture",
    "read_tensors",
    "recognised",
    "save_capture",
    "split_bias",
]
