"""Symbolic programming in miniature: trace a program, optimise its graph, run it (section 13.1)."""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor


def trace(program: Callable[..., Any], n_inputs: int) -> "Graph":
    """Run a Python program once, on stand-ins instead of tensors, and write down what it computes.

    The stand-ins understand + - * / and unary - (with each other and with Python numbers, on either side) and the
    methods `.sqrt()` and `.exp()`, as tensors do. Python itself is not written down: a loop leaves as many operations
    as it has turns. An `if` cannot be decided without values, so a stand-in that is asked whether it is true raises
    a TypeError which says that control flow cannot depend on a traced value.

    Args:
        program: Takes `n_inputs` values; returns one value, or a tuple of values.
        n_inputs: How many.

    Returns:
        The graph. Its inputs are called "x0", "x1", and so on.

    Raises:
        TypeError: The program needs the truth of a traced value.

    Example:
        >>> graph = trace(lambda a, b: a * b + b * a, 2)
        >>> [op for name, op, args in graph.ops]
        ['mul', 'mul', 'add']
        >>> len(graph.optimize().ops)
        2
        >>> graph.run(torch.tensor(2.0), torch.tensor(3.0))
        (tensor(12.),)

    Book: section 13.1.
    """
    raise NotImplementedError


class Graph:
    """A program without Python: a list of operations, and the names of what comes out.

    `trace` makes it; build it as you like.

    Attributes:
        ops: (name, op, args) of each operation, in an order in which they can be run. The name is the result's, like no
            other; op is "add", "sub", "mul", "div", "neg", "sqrt" or "exp"; args is a tuple of names (of inputs or of
            operations before) and of Python numbers.
        outputs: Tuple of what the program returns: names, or numbers if they are known.

    Book: section 13.1.
    """

    ops: list[tuple[str, str, tuple[Any, ...]]]
    outputs: tuple[Any, ...]

    def optimize(self, known: dict[int, float] | None = None) -> "Graph":
        """Make a graph with the same results and as little work as these three rules allow; this one stays as it is.

        Constant folding: an operation on numbers only is computed now. Common subexpressions: what has been computed is
        not computed again; for this, a + b and b + a are the same, and so are a * b and b * a. Dead code: what no
        output needs, directly or through others, is left out. Nothing else is rewritten.

        Args:
            known: Inputs whose value is a number known in advance, by position. `run` of the new graph still takes
                all inputs, and does not look at these.

        Example:
            >>> len(trace(lambda x, lr: x - lr * 0.5 * x, 2).optimize({1: 0.1}).ops)  # 0.05 is known
            2
        """
        raise NotImplementedError

    def run(self, *inputs: Tensor) -> tuple[Any, ...]:
        """Compute each operation of the list once, without the Python program, and return the outputs.

        Gradients flow back to the inputs. An output that is a known number comes back as it is.

        Raises:
            ValueError: The number of inputs is not that of the program; the message names both.
        """
        raise NotImplementedError
