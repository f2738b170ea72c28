"""A parameter server on rank 0 and workers on the others: in rounds, as they come, or with bounded staleness (13.7)."""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def run_server(w0: Tensor, num_rounds: int, lr: float, mode: str, staleness: int = 0) -> dict[str, Any]:
    """Keep the weights on rank 0, and update them with the gradients that all other ranks send.

    The workers are ranks 1 to n, on which `run_worker` runs. First each gets the weights as they are, version 0. Then
    each sends num_rounds gradients, numbered by its *clock*: 0, 1, ... To each it waits for an answer, the weights that
    it computes its next gradient on. The server takes gradients as they come, from whichever worker, and never waits
    for a certain one. The *version* of the weights is the number of updates so far.

    * "sync": when a round is complete, one gradient from each worker, the weights are updated once with their mean,
      w - lr * mean. Then all are answered.
    * "async": each gradient is applied by itself as it arrives, w - lr / n * gradient with n workers, whatever version
      it was computed on. It is answered at once.
    * "ssp", stale synchronous parallel: applied as in "async", but who is too far ahead is answered later. A worker may
      begin clock c when *every* worker's gradient of clock c - staleness - 1 has been applied; if there is no such
      clock, at once. So no worker's clock is more than `staleness` ahead of another's. The answer to the last gradient
      follows the same rule, as if clock num_rounds were to begin.

    An answer holds the weights as they are when it is sent, not as they were when it began to wait.

    How messages look is up to you. Use send and recv (isend, irecv) only: in a collective all would wait for the
    slowest. `dist.recv(buffer)` without a source receives from whoever sends first, and returns that rank.

    Args:
        w0: The weights at the start, of any shape and floating dtype, perhaps not contiguous. They are left as they
            are.
        num_rounds: How many gradients each worker sends; may be 0.
        lr: Learning rate.
        mode: "sync", "async" or "ssp".
        staleness: How many clocks a worker may be ahead in mode "ssp".

    Returns:
        {"w": the weights at the end, in memory of their own, "log": a list}. The log has a tuple of four whole numbers
        for each gradient, in the order in which they were applied: (worker, clock, version seen, version applied). The
        worker is its rank. The version seen is that of the weights the gradient was computed on. The version applied is
        the one that holds it first; in mode "sync" all gradients of a round share it.

    Raises:
        ValueError: The mode is unknown, or staleness is negative; the message names the value. Nothing is sent before.

    Example:
        Two workers, one round, lr = 1, w0 = [[0.]]; worker 1's gradient is [[2.]], worker 2's [[4.]]. "sync" gives
        [[-3.]], and both workers are answered [[-3.]]:

        >>> run_server(torch.zeros(1, 1), 1, 1.0, "sync")
        {'w': tensor([[-3.]]), 'log': [(1, 0, 0, 1), (2, 0, 0, 1)]}

        With "async", where worker 2 comes first, it is answered [[-2.]], then worker 1 is answered [[-3.]]:

        >>> run_server(torch.zeros(1, 1), 1, 1.0, "async")
        {'w': tensor([[-3.]]), 'log': [(2, 0, 0, 1), (1, 0, 0, 2)]}

    Book: section 13.7.
    """
    raise NotImplementedError


def run_worker(like: Tensor, gradient: Callable[[Tensor, int], Tensor], num_rounds: int) -> Tensor:
    """Compute gradients on a rank other than 0, each on the weights that the server has answered last.

    Get the weights once. Then, for each clock from 0 to num_rounds - 1: compute the gradient, send it to rank 0, and
    receive the answer.

    Args:
        like: A contiguous tensor of the shape and dtype of the weights, so that you can make one to receive into. What
            it holds means nothing; it is left as it is.
        gradient: `gradient(w, clock)` returns the gradient as a tensor of w's shape and dtype, which need not be
            contiguous. It may keep w: each w is a tensor of its own, which is not written to later. What it returns
            is left as it is, too.
        num_rounds: How many gradients to send; may be 0.

    Returns:
        The weights received last: the answer to the last gradient or, without any, those of the start.

    Example:
        A worker whose gradients pull its weights to 5, in two rounds:

        >>> run_worker(torch.empty(3, 2), lambda w, clock: w - 5, 2)

    Book: section 13.7.
    """
    raise NotImplementedError
