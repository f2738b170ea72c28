"""Data parallelism with gradient buckets that travel while the backward pass goes on (sections 13.3, 13.5 and 13.6)."""

from contextlib import AbstractContextManager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class BucketedDDP(nn.Module):
    """Wrap a module such that its gradients become the mean over all ranks, with few messages and early ones.

    Every rank builds it around a module of the same structure. Parameters and buffers are set to rank 0's at once.

    Parameters that need a gradient are put into buckets, from the last to the first, since backward reaches them in
    about that order. A parameter joins the current bucket if it has the dtype of those in it and the bucket's bytes
    then stay within the cap; else it begins a new one. A bucket is reduced by one all-reduce.

    A bucket's all-reduce starts in a gradient hook, asynchronously, as soon as the gradients of all its parameters
    are there, so that it travels while earlier layers still compute. All ranks start buckets in the order of their
    numbers, or the wrong ones would be added up. A parameter without a gradient counts as zero; its bucket, and all
    after it, start at the latest in `finish_gradient_sync`.

    Args:
        module: The module to train.
        bucket_cap_bytes: The largest size of a bucket of more than one parameter.

    Attributes:
        module: The module.
        bucket_sizes: How many parameters each bucket holds.

    Example:
        >>> ddp = BucketedDDP(model, bucket_cap_bytes=1_000_000)
        >>> loss(ddp(x), y).backward()
        >>> ddp.finish_gradient_sync()  # now .grad is the mean over the ranks
        >>> optimizer.step()

    Book: sections 13.3, 13.5 and 13.6.
    """

    bucket_sizes: list[int]

    def __init__(self, module: nn.Module, bucket_cap_bytes: int) -> None:
        raise NotImplementedError

    def forward(self, *args: Any) -> Tensor:
        """Compute the module's output."""
        raise NotImplementedError

    def finish_gradient_sync(self) -> None:
        """Wait until all buckets have been reduced. Afterwards every `.grad` is the mean, on every rank."""
        raise NotImplementedError

    def no_sync(self) -> AbstractContextManager[None]:
        """Accumulate gradients locally inside `with`; the next backward outside reduces all that has gathered."""
        raise NotImplementedError
