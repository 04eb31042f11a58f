"""The axis vocabulary: one name and one order for each axis of every tensor.

``layer head query key``, and ``dim`` for features; where two feature sizes may differ, the
second is named after what it belongs to.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor

Queries = Float[Tensor, "head query dim"]
Keys = Float[Tensor, "head key key_dim"]
Values = Float[Tensor, "head key value_dim"]
Outputs = Float[Tensor, "head query value_dim"]
Matrices = Float[Tensor, "head query key"]
"""Scores or weights of every head."""

Tile = Float[Tensor, "query key"]
"""A rectangle of one head's scores."""

Rows = Float[Tensor, "head query"]
"""One number per row of every head's matrix."""

Positions = Int[Tensor, "..."]
"""Indices of queries or keys, of any shape that broadcasts."""

Permitted = Bool[Tensor, "..."]
"""True where a pair of positions may attend, of the shape that the positions broadcast to."""

Allowed = Bool[Tensor, "query key"]
"""True where a query may attend to a key."""
