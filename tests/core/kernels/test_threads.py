"""Work side by side: in order, ended by an error, and with the numbers of one thread."""

from collections.abc import Iterator
from threading import current_thread

import pytest
import torch

from attention_core import AttentionMap, AttentionSpec, attend
from attention_core.kernels.threads import each


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def attended(spec: AttentionSpec) -> AttentionMap:
    query, key = (
        torch.randn(1, 2305, 16, generator=torch.Generator().manual_seed(i)) for i in (0, 1)
    )
    return attend(query, key, spec=spec)


def test_results_are_taken_in_order_and_in_the_callers_thread() -> None:
    taken: list[int] = []
    threads = set()

    def take(result: int) -> None:
        threads.add(current_thread())
        taken.append(result)

    each(lambda x: x * x, range(23), take, n_threads=3)

    assert taken == [x * x for x in range(23)]
    assert threads == {current_thread()}


@pytest.mark.usefixtures("two_threads")
def test_torch_has_one_thread_in_each_and_as_many_as_before_afterwards() -> None:
    found: list[int] = []

    each(lambda _: torch.get_num_threads(), range(5), found.append, n_threads=2)

    assert found == [1] * 5
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_an_error_ends_the_work_and_leaves_the_threads_as_they_were() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        each(work, range(1000), lambda _: None, n_threads=2)

    assert len(begun) < 20
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(
    "spec",
    [AttentionSpec(), AttentionSpec(mask="causal"), AttentionSpec(normalizer="entmax15")],
    ids=["plain", "causal", "entmax15"],
)
def test_overviews_and_states_are_the_same_on_any_number_of_threads(
    spec: AttentionSpec, reduce: str, two_threads: None
) -> None:
    result = attended(spec)
    picture = result.overview(100, 100, reduce)  # type: ignore[arg-type]
    state = attended(spec).row_state
    torch.set_num_threads(1)
    alone = attended(spec)

    assert torch.equal(picture, alone.overview(100, 100, reduce))  # type: ignore[arg-type]
    assert torch.equal(state.maximum, alone.row_state.maximum)
    assert torch.equal(result.weights(), alone.weights())
