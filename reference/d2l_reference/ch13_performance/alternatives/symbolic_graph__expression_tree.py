"""A graph of node objects, walked from its outputs: what is not reached is dead, and interning finds what is common."""

import math
import operator
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(eq=False)
class Node:
    op: str
    args: tuple = ()
    number: Any = None
    log: list = field(default_factory=list, repr=False)

    def _new(self, op, *args):
        node = Node(op, tuple(a if isinstance(a, Node) else Node("number", number=a) for a in args), log=self.log)
        self.log.append(node)
        return node

    def __bool__(self):
        raise TypeError("no `if` on a symbolic value")

    def __add__(self, other):
        return self._new("add", self, other)

    def __radd__(self, other):
        return self._new("add", other, self)

    def __sub__(self, other):
        return self._new("sub", self, other)

    def __rsub__(self, other):
        return self._new("sub", other, self)

    def __mul__(self, other):
        return self._new("mul", self, other)

    def __rmul__(self, other):
        return self._new("mul", other, self)

    def __truediv__(self, other):
        return self._new("div", self, other)

    def __rtruediv__(self, other):
        return self._new("div", other, self)

    def __neg__(self):
        return self._new("neg", self)

    def sqrt(self):
        return self._new("sqrt", self)

    def exp(self):
        return self._new("exp", self)


def _apply(op, values):
    if op in ("sqrt", "exp"):
        return getattr(math, op)(*values) if not torch.is_tensor(values[0]) else getattr(torch, op)(*values)
    return getattr(operator, {"div": "truediv"}.get(op, op))(*values)


def trace(program, n_inputs):
    log = []
    inputs = [Node("input", log=log) for _ in range(n_inputs)]
    outputs = program(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return Graph(inputs, log, tuple(o if isinstance(o, Node) else Node("number", number=o) for o in outputs))


class Graph:
    def __init__(self, inputs, nodes, results):
        self._inputs, self._nodes, self._results = inputs, nodes, results
        names = {id(node): f"x{i}" for i, node in enumerate(inputs)}
        names |= {id(node): f"node{i}" for i, node in enumerate(nodes)}

        def show(node):
            return node.number if node.op == "number" else names[id(node)]

        self.ops = [(names[id(n)], n.op, tuple(map(show, n.args))) for n in nodes]
        self.outputs = tuple(map(show, results))

    def optimize(self, known=None):
        known = known or {}
        inputs = [Node("input") for _ in self._inputs]
        done = {
            id(old): Node("number", number=known[i]) if i in known else new
            for i, (old, new) in enumerate(zip(self._inputs, inputs, strict=True))
        }
        interned, nodes = {}, []

        def rebuild(old):
            if old.op == "number":
                return old
            if id(old) in done:
                return done[id(old)]
            args = tuple(rebuild(a) for a in old.args)
            if all(a.op == "number" for a in args):
                new = Node("number", number=_apply(old.op, [a.number for a in args]))
            else:
                key = [("number", repr(a.number)) if a.op == "number" else ("node", id(a)) for a in args]
                key = (old.op, *(sorted(key, key=str) if old.op in ("add", "mul") else key))
                if key not in interned:
                    interned[key] = Node(old.op, args)
                    nodes.append(interned[key])
                new = interned[key]
            done[id(old)] = new
            return new

        results = tuple(rebuild(r) for r in self._results)
        return Graph(inputs, nodes, results)

    def run(self, *inputs):
        if len(inputs) != len(self._inputs):
            raise ValueError(f"{len(self._inputs)} wanted, {len(inputs)} given")
        values = {id(node): value for node, value in zip(self._inputs, inputs, strict=True)}

        def look(node):
            return node.number if node.op == "number" else values[id(node)]

        for node in self._nodes:
            values[id(node)] = _apply(node.op, [look(a) for a in node.args])
        return tuple(look(r) for r in self._results)
