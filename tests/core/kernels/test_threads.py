"""Work side by side: in order, ended by an error, and with the numbers of one thread."""

from collections.abc import Iterator
from threading import Barrier, Thread, current_thread, get_ident

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


@pytest.mark.usefixtures("two_threads")
def test_threads_that_start_meanwhile_have_as_many_of_torchs_as_before() -> None:
    found: list[int] = []
    both_work = Barrier(2)

    def work(_: int) -> None:
        both_work.wait()
        other = Thread(target=lambda: found.append(torch.get_num_threads()))
        other.start()
        other.join()

    each(work, range(4), lambda _: None, n_threads=2)

    assert found == [2] * 4


@pytest.mark.usefixtures("two_threads")
def test_an_overview_ends_where_the_thread_that_asked_for_it_shall() -> None:
    asking, asked = get_ident(), 0

    def check() -> None:
        nonlocal asked
        if get_ident() == asking:
            asked += 1
            if asked > 2:
                raise TimeoutError

    query = torch.ones(1, 2305, 3)
    result = AttentionMap(query, query, query, AttentionSpec(), check=check)
    asked = 0

    with pytest.raises(TimeoutError):
        result.overview(100, 100)


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
