"""An optimizer whose state is shared out among the ranks: ZeRO, stage 1 (sections 13.5 and 13.7)."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class ShardedOptimizer:
    """Update parameters that all ranks hold, while each rank keeps the optimizer's state of its own share only.

    Adam keeps two numbers for each parameter, on every device of data-parallel training the same. Here each parameter
    has one owner among the ranks. `step` sends the mean of its gradients to the owner, which alone updates it, with
    an ordinary optimizer over the parameters it owns, and then gives the new values to all.

    Owners are found greedily: the parameters in order of falling size, each to the rank that has the least so far. A
    rank may own nothing. Parameters with `requires_grad=False` have no owner and stay as they are.

    All ranks build it with equal parameters in the same order, and call its methods together.

    Args:
        params: The parameters.
        optimizer_cls: A class of torch.optim, such as `torch.optim.AdamW`.
        kwargs: Its options.

    Attributes:
        param_groups: A list of one dictionary, as a torch optimizer has it. What is set there on all ranks, such as
            "lr", holds from the next step on.

    Example:
        On two ranks, whose gradients of `w` are [1., 2.] and [3., 4.]:
        >>> optimizer = ShardedOptimizer([w], torch.optim.SGD, lr=0.5)
        >>> optimizer.step()  # w goes down by 0.5 * [2., 3.] on both

    Book: sections 13.5 and 13.7.
    """

    param_groups: list[dict[str, Any]]

    def __init__(self, params: Iterable[nn.Parameter], optimizer_cls: type, **kwargs: Any) -> None:
        raise NotImplementedError

    def step(self) -> None:
        """Make one step with the mean over the ranks of each parameter's gradient.

        Gradients go to the owners only: no all-reduce, which would bring every gradient to every rank. New values are
        written into the parameters' own memory, and are the same on all ranks, bit for bit. A parameter whose `.grad`
        is None on all ranks is left alone, as a torch optimizer does. What `.grad` holds afterwards is open.
        """
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Set the `.grad` of all parameters to None."""
        raise NotImplementedError

    def local_state_numel(self) -> int:
        """Count the numbers in this rank's state; counters, which are tensors without an axis, are left out."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Give the whole state, on every rank, as an `optimizer_cls` over all the parameters would.

        "state" maps the place of a parameter among `params` to its state; "param_groups" holds one dictionary with
        the options as they are now, and "params", all the places.
        """
        raise NotImplementedError
