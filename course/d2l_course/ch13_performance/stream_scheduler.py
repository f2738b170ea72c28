"""Streams, events and makespan: when does each operation run, and which of them hold up the rest (section 13.3)."""

from typing import Any


def simulate(ops: list[dict[str, Any]]) -> dict[str, Any]:
    """Work out when each operation runs on a device with several streams.

    A stream is a queue: its operations run one after the other, in the order in which they were issued, even if
    a later one could already start. Streams run side by side. An operation starts as soon as the one before it
    on its stream and all that it depends on have ended (time 0 if there are none); nothing else holds it up.

    The critical path explains the makespan. It ends with the operation that ends last (of several, the one issued
    first). Before each operation comes the one that it had to wait for: of the operation before it on its stream
    and its dependencies, the one that ended last; of several, the one on its stream, then the one named first in
    "deps". The path begins with an operation that waited for none.

    The list and what is in it are left as they are.

    Args:
        ops: The operations in the order in which they are issued: {"name": str, "stream": str, "cost": float,
            "deps": list of names}.

    Returns:
        {"start": {name: time}, "end": {name: time}, "makespan": when everything has ended (0 if there is nothing),
        "critical_path": [names], first to last}.

    Raises:
        ValueError: Two operations have one name, a cost is negative, or a dependency is not issued before the
            operation; the message names the operation.

    Example:
        >>> simulate([
        ...     {"name": "load", "stream": "copy", "cost": 2.0, "deps": []},
        ...     {"name": "multiply", "stream": "compute", "cost": 3.0, "deps": ["load"]},
        ... ])
        {'start': {'load': 0.0, 'multiply': 2.0}, 'end': {'load': 2.0, 'multiply': 5.0}, 'makespan': 5.0,
        'critical_path': ['load', 'multiply']}

    Book: section 13.3.
    """
    raise NotImplementedError


def overlap_backward(layers: list[tuple[float, float]], buckets: list[list[int]]) -> float:
    """Say when a backward pass has ended whose gradients are reduced meanwhile, on a second stream.

    The backward pass goes from the last layer to the first. Gradients travel in buckets: a bucket can be sent as
    soon as all its layers are done, and takes as long as its layers' costs of communication together. One bucket is
    sent at a time, in the order in which they become ready, beside the backward pass that goes on.

    Args:
        layers: (cost of its backward pass, cost of its communication) of each layer, first to last.
        buckets: The layers' numbers (0 for the first) of each bucket, in any order.

    Returns:
        The time at which the backward pass and all communication have ended.

    Raises:
        ValueError: A layer is in no bucket or in two, a number is no layer's, a bucket is empty, or a cost is
            negative.

    Example:
        >>> overlap_backward([(1.0, 4.0), (2.0, 3.0)], [[1], [0]])  # layer 1 is sent from 2 to 5, layer 0 from 5 to 9
        9.0

    Book: section 13.3.
    """
    raise NotImplementedError
