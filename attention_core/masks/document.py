"""The document mask: several documents in one sequence do not see each other."""

from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.grid import as_slice
from attention_core.masks.mask import Coverage, Extent, Mask, Rule, coverage, looked_up
from attention_core.part import Source
from attention_core.shapes import Allowed, Permitted, Positions

DocumentId = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Document(Mask):
    """A token attends to the tokens of its own document."""

    kind: Literal["document"] = "document"
    title: ClassVar[str] = "Document"
    summary: ClassVar[str] = "A token attends to the tokens of its own document."
    formula: ClassVar[str] = "doc_i = doc_j"
    latex: ClassVar[str] = r"d_i = d_j"
    source: ClassVar[Source] = Source("Krell et al. 2021", "https://arxiv.org/abs/2107.02027")

    document_ids: tuple[DocumentId, ...] = Field(
        strict=False,
        title="Document ids",
        json_schema_extra={"fit": "tokens"},
        description="One integer per token; tokens of one document have the same.",
        min_length=1,
        max_length=2**20,
    )

    def check(self, extent: Extent) -> None:
        n_ids = len(self.document_ids)
        if extent != (n_ids, n_ids):
            raise SpecError(
                "document_ids must name the document of each token of one sequence that attends "
                f"to itself, got {n_ids} ids for {extent.n_queries} queries and {extent.n_keys} "
                "keys; give one id per token and no context.",
                field=("document_ids",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return self.rule(extent, query.device)(query, key)

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        ids = torch.tensor(self._ids, device=device)
        return lambda query, key: looked_up(ids, query) == looked_up(ids, key)

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        asking = torch.tensor(self._ids[as_slice(query)], device=device)
        asked = torch.tensor(self._ids[as_slice(key)], device=device)
        return asking[:, None] == asked

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        asking, asked = self._ids[as_slice(query)], self._ids[as_slice(key)]
        first = asking[0]
        return coverage(
            is_empty=not np.isin(asking, asked).any(),
            is_full=bool((asking == first).all() and (asked == first).all()),
        )

    @cached_property
    def _ids(self) -> npt.NDArray[np.int64]:
        return np.array(self.document_ids, dtype=np.int64)
