"""Read and freeze the parameters of a network (section 6.2)."""

from typing import Any

import torch
from torch import nn


def parameter_report(model: nn.Module) -> dict[str, Any]:
    """Say how many parameters a network has, of which shapes, and which of them have several names.

    A parameter is an object. It may stand in the network under several names: when a layer is used twice, or when
    two layers share a weight. It is still one parameter, with one gradient, and counts once. Two objects that only
    hold equal numbers, or numbers in the same memory, remain two. Buffers, such as the running means of a batch norm,
    are no parameters.

    Args:
        model: Any module, with modules in it to any depth. It is left as it is.

    Returns:
        A dict with four keys:

        * "total": how many numbers all parameters hold;
        * "trainable": how many of these are in parameters that require a gradient;
        * "shapes": the shape of each parameter as a tuple, by its name; of several names the first one in the order
          of the modules;
        * "tied": for each parameter with several names, the tuple of all of them, sorted; a sorted list of these.

    Example:
        >>> layer = nn.Linear(2, 2, bias=False)
        >>> parameter_report(nn.Sequential(layer, nn.ReLU(), layer))
        {'total': 4, 'trainable': 4, 'shapes': {'0.weight': (2, 2)}, 'tied': [('0.weight', '2.weight')]}

    Book: section 6.2.
    """
    raise NotImplementedError


def freeze(model: nn.Module, prefix: str) -> None:
    """Switch off the gradients of all parameters in one part of a network, so that training leaves them alone.

    Args:
        model: The network. Its other parameters stay as they are, and so does its mode (training or evaluation).
        prefix: The full name of a submodule, such as "encoder" or "encoder.0". All parameters in it are frozen, to
            any depth; in a submodule without parameters, such as an nn.ReLU, there is nothing to freeze. A submodule
            that is in the network twice may be called by either name. Names are whole: "a" means neither the
            submodule "a2" nor "block.a". What comes of the empty name is up to you.

    Raises:
        KeyError: No submodule has that name; the message contains it. A parameter, such as "encoder.weight", is no
            submodule.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> freeze(net, "0")
        >>> [name for name, p in net.named_parameters() if p.requires_grad]
        ['1.weight', '1.bias']
    """
    raise NotImplementedError
