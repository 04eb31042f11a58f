"""The three models, opened once."""

from collections.abc import Iterator

import pytest
import torch

from attention_core.zoo import ZooModel, open_zoo


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute in one thread: sums this small only make two wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def dates() -> ZooModel:
    return open_zoo("dates")


@pytest.fixture(scope="session")
def induction() -> ZooModel:
    return open_zoo("induction")


@pytest.fixture(scope="session")
def digits() -> ZooModel:
    return open_zoo("digits")
