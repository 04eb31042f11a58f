"""The window with global tokens: near keys, and a few tokens that see and are seen by all."""

from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.masks.mask import Coverage, Extent, Mask, Rule, coverage, looked_up
from attention_core.masks.sliding_window import SlidingWindow
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions

Position = Annotated[int, Field(ge=0, lt=2**31)]


class GlobalWindow(Mask):
    """A query attends to near keys; a global token attends to all and all attend to it."""

    kind: Literal["global_window"] = "global_window"
    title: ClassVar[str] = "Global and window"
    summary: ClassVar[str] = "Near keys, and a few global tokens that see all and that all see."
    formula: ClassVar[str] = "|i − j| ≤ w or i or j global"
    latex: ClassVar[str] = r"|i - j| \le w \vee i \in G \vee j \in G"
    source: ClassVar[Source] = Source(
        "Beltagy, Peters and Cohan 2020", "https://arxiv.org/abs/2004.05150"
    )

    window: int = Field(
        default=2,
        title="Window",
        description="How far a key may be on either side, inclusive.",
        ge=0,
        lt=2**31,
    )
    global_positions: tuple[Position, ...] = Field(
        default=(0,),
        strict=False,
        title="Global positions",
        description="Positions of the tokens that see all and that all see, counted from 0.",
        max_length=2**16,
    )

    def check(self, extent: Extent) -> None:
        farthest = max(self.global_positions, default=0)
        if farthest >= max(extent):
            raise SpecError(
                f"global_positions must be positions of tokens, here 0 to {max(extent) - 1}, got "
                f"{farthest}; count positions from 0, or give more tokens.",
                field=("global_positions",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return self.rule(extent, query.device)(query, key)

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        is_global = torch.zeros(max(extent), dtype=torch.bool, device=device)
        is_global[torch.tensor(self._positions, device=device)] = True
        near = self._near
        return lambda query, key: (
            near.allows(query, key, extent)
            | looked_up(is_global, query)
            | looked_up(is_global, key)
        )

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        asking, asked = self._plain(query), self._plain(key)
        if not asking or not asked:
            return Coverage.FULL
        # The corners of the hull are tokens that are not global, so that it is full exactly when
        # those are all near.
        near = self._near.block(asking, asked, extent)
        has_global = self._has_global(query) or self._has_global(key)
        return coverage(
            is_empty=near is Coverage.EMPTY and not has_global, is_full=near is Coverage.FULL
        )

    def _plain(self, span: range) -> range:
        """Return the hull of the tokens of a span that are not global."""
        return _without_run(span, self._within(span))

    def _has_global(self, span: range) -> bool:
        return self._within(span).size > 0

    def _within(self, span: range) -> npt.NDArray[np.int64]:
        first, last = np.searchsorted(self._positions, (span.start, span.stop))
        return self._positions[first:last]

    @property
    def _near(self) -> SlidingWindow:
        return SlidingWindow(window=(self.window, self.window))

    @cached_property
    def _positions(self) -> npt.NDArray[np.int64]:
        return np.unique(np.array(self.global_positions, dtype=np.int64))


def _without_run(span: range, positions: npt.NDArray[np.int64]) -> range:
    """Cut off the positions with which a span starts without a gap, and those at its end."""
    if len(positions) == len(span):
        return range(span.start, span.start)
    order = np.arange(len(positions))
    n_first = _n_leading(positions == span.start + order)
    n_last = _n_leading(positions[::-1] == span.stop - 1 - order)
    return range(span.start + n_first, span.stop - n_last)


def _n_leading(flags: npt.NDArray[np.bool_]) -> int:
    return len(flags) if flags.all() else int(flags.argmin())
