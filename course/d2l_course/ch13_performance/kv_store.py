"""A key-value store for parameters: workers push gradients, the store updates, workers pull weights (section 13.7)."""

import threading
from collections.abc import Callable

import torch
from torch import Tensor

Updater = Callable[[str, Tensor, Tensor], Tensor]


class KVStore:
    """Keep the parameters of several workers, each a thread of its own, and update them with what they push.

    Each key has rounds of its own. In mode "sync", a round ends when every worker has pushed the key once: the
    gradients are added up and the value is updated, once. A worker that has pushed and then pulls waits for the end
    of the round; one that has not pushed yet gets the value as it is, at once. In mode "async", every push updates
    at once and nobody waits.

    An update sets the value to `updater(key, gradient, value)`, or to the gradient itself as long as there is no
    updater. No update is ever lost, however many threads push: the next one starts from the result of the last.

    The store shares no memory with anybody: a worker may write into a tensor after it has pushed it, and into one
    that it has pulled.

    Args:
        num_workers: How many workers there are; they are numbered from 0.
        mode: "sync" or "async".
        timeout: How many seconds a pull waits for its round.

    Raises:
        ValueError: Fewer than one worker, or another mode; the message names it.

    Example:
        >>> store = KVStore(num_workers=2)
        >>> store.init("w", torch.tensor([5.0]))
        >>> store.push(0, "w", torch.tensor([1.0]))
        >>> store.pull(1, "w")  # worker 1 has not pushed yet
        tensor([5.])
        >>> store.push(1, "w", torch.tensor([2.0]))
        >>> store.pull(0, "w")
        tensor([3.])

    Book: section 13.7.
    """

    def __init__(self, num_workers: int, mode: str = "sync", timeout: float = 5.0) -> None:
        raise NotImplementedError

    def init(self, key: str, value: Tensor) -> None:
        """Give a key its first value.

        Raises:
            ValueError: The key has one already; the message names the key.
        """
        raise NotImplementedError

    def set_updater(self, updater: Updater | None) -> None:
        """Use `updater(key, gradient, value)`, which returns the new value, or with None replace values again."""
        raise NotImplementedError

    def push(self, worker: int, key: str, grad: Tensor) -> None:
        """Hand in a worker's gradient; this never waits for other workers.

        Raises:
            KeyError: There is no such key; the message names it.
            ValueError: There is no such worker, the gradient's shape is not the value's, or the worker has pushed
                this key before in a round that has not ended.
        """
        raise NotImplementedError

    def pull(self, worker: int, key: str) -> Tensor:
        """Return a copy of the value, in mode "sync" once the round is over in which the worker has pushed.

        Raises:
            KeyError: There is no such key; the message names it.
            ValueError: There is no such worker.
            TimeoutError: The round has not ended within `timeout` seconds.
        """
        raise NotImplementedError

    def shard(self, key: str, num_servers: int) -> int:
        """Say which of several servers keeps a key, 0 to num_servers - 1.

        All machines must agree without asking each other, so the answer depends on the key's text and the number of
        servers alone. Many keys are spread evenly, whatever they look like. The key need not have a value.

        Raises:
            ValueError: Fewer than one server.
        """
        raise NotImplementedError
