"""Captures: Q, K and the spec of every layer, kept so that any weight can be had later."""

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import Layer
from attention_core.captures.token import Token, TokenKind

__all__ = ["Capture", "Layer", "Stack", "Token", "TokenKind"]
