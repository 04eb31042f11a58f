"""What goes from the inputs to the heads: vectors before and after they are shared out."""

from typing import NamedTuple

from torch import Tensor

from attention_core.shapes import Keys, Queries, Values


class Inputs(NamedTuple):
    """What queries, keys and values are made of: ``[token, dim]`` each."""

    query: Tensor
    key: Tensor
    value: Tensor


class Projected(NamedTuple):
    """Queries, keys and values of each head."""

    query: Queries
    key: Keys
    value: Values
