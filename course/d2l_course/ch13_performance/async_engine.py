"""An asynchronous backend in miniature: streams that work while the program goes on (section 13.2)."""

import threading
from collections.abc import Callable
from typing import Any


class Handle:
    """What an operation is going to give; `AsyncEngine.submit` makes it, build it as you like.

    Book: section 13.2.
    """

    def wait(self) -> Any:
        """Wait until the operation is done, and return its result or raise the error that it failed with.

        Every call gives the same answer, however many there are, and whoever has called before.
        """
        raise NotImplementedError

    def done(self) -> bool:
        """Say whether the operation is done, with a result or with an error. This never waits."""
        raise NotImplementedError


class AsyncEngine:
    """Run operations on streams, beside the program that submits them.

    A stream is a queue and one thread, which runs the queue's operations one after the other in the order in which
    they were submitted. Streams run side by side.

    An argument that is a Handle stands for the result it is going to give, on whichever stream. The stream waits
    for it when it comes to the operation; the program that submits never waits, and neither do other streams.

    An operation fails if it raises. It also fails, without being run, if an argument has failed: with the same error
    (of several, that of the first such argument). The stream then goes on with its next operation.

    Args:
        num_streams: How many streams there are; they are numbered from 0.

    Raises:
        ValueError: Fewer than one stream; the message names the number.

    Example:
        >>> engine = AsyncEngine(num_streams=2)
        >>> a = engine.submit(torch.add, torch.tensor(1.0), torch.tensor(2.0))
        >>> b = engine.submit(torch.mul, a, 10.0, stream=1)  # stream 1 waits for stream 0, this program does not
        >>> b.wait()
        tensor(30.)
        >>> engine.shutdown()

    Book: section 13.2.
    """

    def __init__(self, num_streams: int = 1) -> None:
        raise NotImplementedError

    def submit(self, op: Callable[..., Any], *args: Any, stream: int = 0) -> Handle:
        """Put `op(*args)` into the queue of a stream and return at once; no error of `op` comes out here.

        Raises:
            ValueError: There is no such stream; the message names it.
            RuntimeError: The engine has been shut down.
        """
        raise NotImplementedError

    def synchronize(self, stream: int | None = None) -> None:
        """Wait until everything that has been submitted is done, to one stream or (None) to all.

        Only then, if some of these operations have failed, raise the error of the one that was submitted first.
        An operation is answered for once: what this call has waited for is of no interest to a later one. Whether
        somebody has waited for its handle makes no difference.

        Raises:
            ValueError: There is no such stream; the message names it.
        """
        raise NotImplementedError

    def shutdown(self) -> None:
        """Let the streams do what has been submitted, and return when all their threads have ended.

        Raises no operation's error; handles still answer afterwards. A second call does nothing.
        """
        raise NotImplementedError
