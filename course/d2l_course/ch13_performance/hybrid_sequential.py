"""A Sequential that can be written imperatively and run as a traced program (section 13.1)."""

import torch
from torch import Tensor, fx, nn


class HybridSequential(nn.Sequential):
    """Runs its layers one by one, or, once hybridised, a program traced from them.

    At first it is an nn.Sequential like any other. After `hybridize()`, the first call for each signature, which is
    shape and dtype of the input together with the training mode, traces the layers into a program. Later calls of the
    same signature run this program: Python code that somebody wrote for a layer does not run again. (torch's own
    layers, such as nn.Linear, may be called as a whole.)

    A program is no copy of the layers: it uses the same parameters, so that what an optimizer does to them shows in the
    next call, and gradients reach them. It must leave no trace in `state_dict()`, `parameters()` or `children()`.

    Tools that may be used: `torch.fx.symbolic_trace`, `torch.fx.experimental.proxy_tensor.make_fx`, `torch.compile`.

    Attributes:
        num_compiled: How many programs have been built so far.

    Example:
        >>> net = HybridSequential(nn.Linear(4, 3), nn.ReLU())
        >>> net.hybridize()
        >>> _ = net(torch.ones(2, 4)), net(torch.zeros(2, 4)), net(torch.ones(5, 4))
        >>> net.num_compiled
        2

    Book: section 13.1.
    """

    num_compiled: int

    def hybridize(self, active: bool = True) -> None:
        """Run traced programs from now on; with `active=False`, the layers themselves again.

        Programs that have been built are kept for the next time.
        """
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Send x through all layers, imperatively or as a program.

        Args:
            x: What the first layer takes.

        Returns:
            What the last layer gives.
        """
        raise NotImplementedError
