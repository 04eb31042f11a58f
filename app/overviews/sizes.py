"""How large a head is, and what a survey of it would have to do: known without beginning it."""

from collections import OrderedDict
from typing import NamedTuple

from starlette.requests import Request

from app.captures.looking import Looking
from app.overviews.pace import Pace
from app.overviews.place import Place
from app.store import CaptureRecord, OpenedCapture
from attention_core import Extent, needs_pyramid, pyramid_bytes, survey_cells

_MAX_KNOWN = 1024
"""Layers whose sizes are remembered."""

_WORK_BYTES = 64 * 2**20
"""Tiles and strips that a survey holds at a time."""


class Sizes(NamedTuple):
    """What is known of a head without looking into it.

    Attributes:
        extent: Number of queries and of keys.
        is_needed: Whether pictures of it are drawn of an overview.
        cells: The work of a survey, in cells of a plain head.
        way: How its cells are computed; each way has a pace of its own.
        overview_bytes: Size of an overview, in memory and on the disk alike.
        map_bytes: What the layer's map takes beside the file.
    """

    extent: Extent
    is_needed: bool = False
    cells: float = 0.0
    way: str = ""
    overview_bytes: int = 0
    map_bytes: int = 0

    @property
    def peak_bytes(self) -> int:
        """Memory that a survey takes at its peak: while the map is made, or after."""
        return max(2 * self.map_bytes, self.map_bytes + self.overview_bytes + _WORK_BYTES)


def sizes_of(opened: OpenedCapture, place: Place) -> Sizes:
    """Read what a survey of a head would have to do, without beginning it."""
    layer = opened.capture.stack(place.kind).layers[place.layer]
    extent = Extent(layer.n_queries, layer.n_keys)
    if layer.spec is None or layer.query is None or not needs_pyramid(extent):
        return Sizes(extent)
    spec = layer.spec
    return Sizes(
        extent,
        is_needed=True,
        cells=survey_cells(extent, spec, dim=layer.query.shape[-1], n_heads=layer.n_heads),
        way=f"{spec.score.kind} {spec.heads.kind} {spec.normalizer.kind}",
        overview_bytes=pyramid_bytes(extent),
        map_bytes=layer.map_bytes,
    )


class KnownSizes:
    """Sizes of the layers that were asked for last; lives on one event loop, but for ``learn``.

    Args:
        looking: Lets a worker look at a capture that is not known yet.
        pace: Measured at the first of them.
    """

    def __init__(self, looking: Looking, pace: Pace) -> None:
        self._looking = looking
        self._pace = pace
        self._known: OrderedDict[Place, Sizes] = OrderedDict()

    async def of(self, request: Request, record: CaptureRecord, place: Place) -> Sizes:
        """Tell the sizes of a head; a worker looks where nobody knows them yet.

        Raises:
            ProblemError: Where no worker came free, or the capture is damaged.
        """
        told = record.facts.kinds[place.kind]
        extent = Extent(told["n_queries"] or 0, told["n_keys"] or 0)
        if not needs_pyramid(extent):
            return Sizes(extent)
        known = self._known.get(_layer_of(place))
        if known is None:

            def look(opened: OpenedCapture) -> Sizes:
                self._pace.measure()
                return sizes_of(opened, place)

            known = await self._looking.compute(request, record, look)
            self._known[_layer_of(place)] = known
            while len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return known

    def learn(self, place: Place, seconds: float) -> None:
        """Take in how long the survey of a head took; any thread may tell."""
        sizes = self._known.get(_layer_of(place))
        if sizes is not None:
            self._pace.learn(sizes.way, sizes.cells, seconds)


def _layer_of(place: Place) -> Place:
    """Return what all heads of a layer have in common."""
    return place._replace(head=0)
