"""Values are numbered while tracing; `run` is Python source, generated once and compiled."""

import math

TEMPLATES = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-({})",
    "sqrt": "sqrt({})", "exp": "exp({})",
}  # fmt: skip


def _either(name):
    return lambda x: getattr(math, name)(x) if isinstance(x, int | float) else getattr(x, name)()


NAMESPACE = {"sqrt": _either("sqrt"), "exp": _either("exp")}


class Symbol:
    def __init__(self, tape, name):
        self.tape, self.name = tape, name

    def __bool__(self):
        raise TypeError("a traced value is neither true nor false")


def _method(op, reflected=False):
    def method(self, *others):
        others = tuple(o.name if isinstance(o, Symbol) else o for o in others)
        args = (*others, self.name) if reflected else (self.name, *others)
        self.tape.append((f"t{len(self.tape)}", op, args))
        return Symbol(self.tape, self.tape[-1][0])

    return method


for _op, _names in {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv"}.items():
    setattr(Symbol, f"__{_names}__", _method(_op))
    setattr(Symbol, f"__r{_names}__", _method(_op, reflected=True))
Symbol.__neg__, Symbol.sqrt, Symbol.exp = _method("neg"), _method("sqrt"), _method("exp")


def trace(program, n_inputs):
    tape = []
    found = program(*[Symbol(tape, f"x{i}") for i in range(n_inputs)])
    found = found if type(found) is tuple else (found,)
    return Graph(n_inputs, tape, tuple(getattr(f, "name", f) for f in found))


class Graph:
    def __init__(self, n_inputs, ops, outputs):
        self.ops, self.outputs, self._count = list(ops), outputs, n_inputs
        lines = [f"    {name} = {_source(op, args)}" for name, op, args in self.ops]
        names = "".join(f"x{i}, " for i in range(n_inputs))
        returned = "".join(f"{output}, " for output in outputs)
        text = "\n".join([f"def program({names}):", *lines, f"    return ({returned})"])
        self._namespace = dict(NAMESPACE)
        exec(text, self._namespace)

    def run(self, *inputs):
        if len(inputs) != self._count:
            raise ValueError(f"{len(inputs)} inputs for {self._count}")
        return self._namespace["program"](*inputs)

    def optimize(self, known=None):
        wanted = {}
        new_name = {f"x{i}": value for i, value in (known or {}).items()}
        by_expression = {}
        for name, op, args in self.ops:
            args = [new_name.get(a, a) if isinstance(a, str) else a for a in args]
            if all(not isinstance(a, str) for a in args):
                new_name[name] = eval(_source(op, args), dict(NAMESPACE))
                continue
            if op in ("add", "mul"):
                args.sort(key=str)
            expression = _source(op, args)
            if expression not in by_expression:
                by_expression[expression] = name
                wanted[name] = (op, tuple(args))
            new_name[name] = by_expression[expression]
        outputs = tuple(new_name.get(o, o) if isinstance(o, str) else o for o in self.outputs)
        reached, todo = set(), [o for o in outputs if o in wanted]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += [a for a in wanted[name][1] if a in wanted]
        return Graph(self._count, [(n, *wanted[n]) for n in wanted if n in reached], outputs)


def _source(op, args):
    return TEMPLATES[op].format(*(f"({a!r})" if not isinstance(a, str) else a for a in args))
