"""All-reduce on a ring, from nothing but messages between neighbours (section 13.7)."""

import torch
import torch.distributed as dist
from torch import Tensor


def ring_all_reduce(x: Tensor, op: str = "sum") -> Tensor:
    """Combine the tensors of all ranks, element by element, so that every rank gets the result.

    Every rank calls this with a tensor of the same shape and dtype. With n ranks, cut the numbers into n chunks of
    ceil(numel / n) numbers at most, and go twice round the ring, each rank sending to its right neighbour only:

    * reduce-scatter, n - 1 steps: send a chunk, receive another one and combine it with your own. At the end, each
      rank holds one chunk that is complete;
    * all-gather, n - 1 steps: pass the complete chunks on.

    So a rank sends 2(n - 1) messages, which together are less than twice the tensor, however many ranks there are. All
    ranks get the same result, bit for bit. Sizes need not divide by n, and may be smaller than n or zero.

    `dist.get_rank()` and `dist.get_world_size()` say where you are. Use point-to-point calls only: send, recv, isend,
    irecv, batch_isend_irecv. A blocking send returns when the other side receives: think of what happens if every
    rank sends first.

    Args:
        x: This rank's tensor, of any shape, of a floating or integer dtype; it is left as it is.
        op: "sum", "mean" or "max".

    Returns:
        A new tensor of the same shape and dtype.

    Raises:
        ValueError: Another `op`, which the message names; a bool tensor; the mean of integers. Every rank raises it
            before it sends anything.

    Example:
        On two ranks with the tensors [1., 2., 3.] and [10., 20., 30.]:
        >>> ring_all_reduce(x)
        tensor([11., 22., 33.])

    Book: section 13.7.
    """
    raise NotImplementedError
