"""How many of torch's threads a thread of the service computes with."""

import torch


def compute_with(n_threads: int) -> None:
    """Have the work of this thread, as long as it lives, share so many of torch's threads."""
    # A thread that has never asked takes, at its first operation, the number that any thread was
    # told last, and so forgets its own.
    torch.get_num_threads()
    torch.set_num_threads(n_threads)
