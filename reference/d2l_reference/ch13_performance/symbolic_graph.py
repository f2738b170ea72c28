import math
import operator
from collections.abc import Callable
from typing import Any

from torch import Tensor

OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "sqrt": lambda x: x.sqrt() if isinstance(x, Tensor) else math.sqrt(x),
    "exp": lambda x: x.exp() if isinstance(x, Tensor) else math.exp(x),
}
COMMUTATIVE = ("add", "mul")
Operation = tuple[str, str, tuple[Any, ...]]


def trace(program: Callable[..., Any], n_inputs: int) -> "Graph":
    ops: list[Operation] = []
    result = program(*(Proxy(f"x{i}", ops) for i in range(n_inputs)))
    outputs = result if isinstance(result, tuple) else (result,)
    return Graph(n_inputs, ops, tuple(_operand(output) for output in outputs))


class Proxy:
    def __init__(self, name: str, ops: list[Operation]) -> None:
        self.name = name
        self._ops = ops

    def _record(self, op: str, *args: Any) -> "Proxy":
        name = f"v{len(self._ops)}"
        self._ops.append((name, op, tuple(_operand(arg) for arg in args)))
        return Proxy(name, self._ops)

    def __add__(self, other: Any) -> "Proxy":
        return self._record("add", self, other)

    def __radd__(self, other: Any) -> "Proxy":
        return self._record("add", other, self)

    def __sub__(self, other: Any) -> "Proxy":
        return self._record("sub", self, other)

    def __rsub__(self, other: Any) -> "Proxy":
        return self._record("sub", other, self)

    def __mul__(self, other: Any) -> "Proxy":
        return self._record("mul", self, other)

    def __rmul__(self, other: Any) -> "Proxy":
        return self._record("mul", other, self)

    def __truediv__(self, other: Any) -> "Proxy":
        return self._record("div", self, other)

    def __rtruediv__(self, other: Any) -> "Proxy":
        return self._record("div", other, self)

    def __neg__(self) -> "Proxy":
        return self._record("neg", self)

    def sqrt(self) -> "Proxy":
        return self._record("sqrt", self)

    def exp(self) -> "Proxy":
        return self._record("exp", self)

    def __bool__(self) -> bool:
        raise TypeError("control flow cannot depend on a traced value: it has no value yet")


class Graph:
    def __init__(self, n_inputs: int, ops: list[Operation], outputs: tuple[Any, ...]) -> None:
        self.n_inputs = n_inputs
        self.ops = ops
        self.outputs = outputs

    def optimize(self, known: dict[int, float] | None = None) -> "Graph":
        stands_for: dict[Any, Any] = {f"x{i}": number for i, number in (known or {}).items()}
        computed: dict[tuple[str, ...], str] = {}
        ops: list[Operation] = []
        for name, op, old in self.ops:
            args = tuple(stands_for.get(arg, arg) for arg in old)
            if not any(isinstance(arg, str) for arg in args):
                stands_for[name] = OPERATIONS[op](*args)
                continue
            # As text: a name and a number can then be sorted, and 0.0 is not -0.0.
            texts = sorted(map(repr, args)) if op in COMMUTATIVE else map(repr, args)
            same = computed.setdefault((op, *texts), name)
            if same == name:
                ops.append((name, op, args))
            stands_for[name] = same
        outputs = tuple(stands_for.get(output, output) for output in self.outputs)
        return Graph(self.n_inputs, _alive(ops, outputs), outputs)

    def run(self, *inputs: Tensor) -> tuple[Any, ...]:
        if len(inputs) != self.n_inputs:
            raise ValueError(f"the program takes {self.n_inputs} inputs, not {len(inputs)}")
        values: dict[Any, Any] = {f"x{i}": value for i, value in enumerate(inputs)}
        for name, op, args in self.ops:
            values[name] = OPERATIONS[op](*(values.get(arg, arg) for arg in args))
        return tuple(values.get(output, output) for output in self.outputs)


def _operand(value: Any) -> Any:
    return value.name if isinstance(value, Proxy) else value


def _alive(ops: list[Operation], outputs: tuple[Any, ...]) -> list[Operation]:
    needed = set(outputs)
    alive = []
    for name, op, args in reversed(ops):  # whoever needs it comes later, and has been seen
        if name in needed:
            alive.append((name, op, args))
            needed.update(args)
    return alive[::-1]
