"""Threads of the service keep their number of torch's."""

import threading

import torch

from app.threads import compute_with


def test_a_thread_keeps_its_number_when_another_is_told_one_later() -> None:
    told, goes_on, found = threading.Event(), threading.Event(), list[int]()

    def work() -> None:
        compute_with(3)
        told.set()
        goes_on.wait(5)
        found.append(torch.get_num_threads())

    before = torch.get_num_threads()
    thread = threading.Thread(target=work)
    thread.start()
    told.wait(5)
    other = threading.Thread(target=compute_with, args=(2,))
    other.start()
    other.join()
    goes_on.set()
    thread.join()
    torch.set_num_threads(before)

    assert found == [3]
