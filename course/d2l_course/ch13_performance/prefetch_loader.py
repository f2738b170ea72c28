"""A loader that is one step ahead: the next items are loaded while this one is used (sections 13.2 to 13.4)."""

from collections.abc import Iterable, Iterator
from typing import Any


class Prefetcher:
    """Go through the items of a source that is slow, and load ahead in a background thread.

    While the consumer works on an item, one thread loads those that follow. It runs ahead until `depth` items have been
    loaded that the consumer has not got yet, or the source has no more; as soon as the consumer takes one, the next is
    loaded. No more than depth + 1 items that the consumer has not got may ever have been taken from the source.

    Otherwise the consumer notices no difference from going through the source itself:

    * The same items come in the same order, whatever they are; None, for instance, is an item like any other.
    * If the source raises, the same error comes out of the consumer's `next`, at its place: after all items before it.
    * Every `iter(loader)` begins a new pass with `iter(source)`, and ends the one before if that was left unfinished.

    When a pass is over (the source has no more items, it has raised, or `close` was called) its thread ends.

    Tensors are moved to `device` by the thread, so that this overlaps as well; also those in tuples, lists and
    dictionaries, however deep. Everything else is handed on as it is.

    Args:
        source: What is gone through: a DataLoader, for instance. Only one thread may ask it for items at a time.
        depth: How many items to load ahead, at least 1.
        device: Where tensors are to be.

    Raises:
        ValueError: depth is less than 1; the message names it.

    Example:
        >>> loader = Prefetcher([torch.ones(1), torch.zeros(1)], depth=1)
        >>> [batch.item() for batch in loader], [batch.item() for batch in loader]
        ([1.0, 0.0], [1.0, 0.0])

    Book: sections 13.2, 13.3 and 13.4.
    """

    def __init__(self, source: Iterable[Any], depth: int = 2, device: str = "cpu") -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        """Begin a pass over the source; its thread may start now or at the first `next`."""
        raise NotImplementedError

    def close(self) -> None:
        """End the pass that is going on, if there is one.

        The thread must end whatever it is doing. If it is in the midst of loading an item, that may be finished, but no
        other is begun. The iterator of this pass then gives no more items, also none that have been loaded. A new pass
        may be begun afterwards.
        """
        raise NotImplementedError
