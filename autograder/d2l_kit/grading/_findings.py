"""Mechanical mistakes that can be seen in a source beside its stub: the ones that need no catalogue.

Each rule is one small function from (source, stub) to findings; all are told, by line. Nothing here decides a
verdict: a finding explains one.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from d2l_kit.grading._names import UNREADABLE, Names
from d2l_kit.grading._scopes import FUNCTIONS
from d2l_kit.grading._syntax import parse, without_docstring

NEAR = 0.75  # how alike two names must be for one to be taken for the other

# No text names its line: who shows it knows the file, and the cell and line of a notebook.
STUB_RAISE = "The stub's `raise NotImplementedError` is still there: remove it, every call of `{name}` ends at it."
STUB_RAISE_MODULE = (
    "The stub's `raise NotImplementedError` is still there, outside of any function, so that the file cannot be "
    "imported: remove it."
)
NEAR_NAME = "You defined `{found}`; the exercise asks for `{wanted}`. Rename it."
NESTED_NAME = "You defined `{wanted}` inside `{outer}`; the exercise asks for it at the left margin of the file."
MISSING_NAME = "The exercise asks for `{wanted}`, which the file does not define."
SIGNATURE = "You defined `{found}`; the exercise asks for `{wanted}`, and calls it so."
EXITS = "`{call}` ends the program: return a value or raise an error instead."
ASKS = "`{call}` waits for someone to type, and no one is there when work is graded: take it out."
DEBUGGER = "`{call}` starts a debugger: take it out before you hand in."
NO_RETURN = "`{name}` never returns a value, so that a call gives None: end it with `return ...`."
PRINTS = "`{name}` prints and returns None. Did you mean `return`?"
D2L = "This imports d2l, the book's package: the kit does not ship d2l. Write it with torch{helpers}."
RELATIVE = "This imports from beside the file, but an exercise is one file: copy what you need from `{module}` into it."

CALLS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("builtins.exit", "builtins.quit", "sys.exit", "os._exit", "os.abort", "builtins.SystemExit"),
        ("exits", EXITS),
    ),
    "builtins.input": ("asks", ASKS),
    "getpass.getpass": ("asks", ASKS),
    **dict.fromkeys(
        ("builtins.breakpoint", "pdb.set_trace", "ipdb.set_trace", "pdb.post_mortem", "IPython.embed"),
        ("debugger", DEBUGGER),
    ),
}

# What stands in for the helpers of the book that people miss most.
D2L_HELPERS: Mapping[str, str] = {
    "Timer": "time.perf_counter()",
    "Accumulator": "plain variables",
    "Animator": "nothing, plots are not graded",
    "plt": "nothing, plots are not graded",
    "plot": "nothing, plots are not graded",
    "show_images": "nothing, plots are not graded",
    "try_gpu": "the device of the inputs",
    "corr2d": "your own corr2d",
    "accuracy": "(y_hat.argmax(1) == y).float().mean()",
    "load_array": "torch.utils.data.DataLoader",
    "train_ch3": "a training loop of your own",
    "train_ch6": "a training loop of your own",
    "Module": "torch.nn.Module",
    "Classifier": "torch.nn.Module",
    "Trainer": "a training loop of your own",
}


@dataclass(frozen=True)
class Finding:
    """A mechanical mistake.

    Attributes:
        kind: "stub_raise", "near_name", "missing_name", "signature", "exits", "asks", "debugger",
            "no_return", "d2l_import" or "relative_import".
        line: Where, counted from 1; 0 where something is missing from the file as a whole.
        text: What to tell the student.
    """

    kind: str
    line: int
    text: str


@dataclass(frozen=True)
class _File:
    """A parsed file and its functions, by qualified name (`LeNet.forward`)."""

    tree: ast.Module

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        found = {n.name: n for n in _definitions(self.tree) if not isinstance(n, ast.ClassDef)}
        for owner in self.classes.values():
            methods = (n for n in _definitions(owner) if not isinstance(n, ast.ClassDef))
            found.update((f"{owner.name}.{n.name}", n) for n in methods)
        return found

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {n.name: n for n in _definitions(self.tree) if isinstance(n, ast.ClassDef)}

    @cached_property
    def names(self) -> Names:
        return Names(self.tree)

    @property
    def required(self) -> list[str]:
        """What a stub asks for: its public functions and classes, in order."""
        return [name for name in self.defined if not name.startswith("_")]

    @property
    def defined(self) -> dict[str, int]:
        """Functions and classes at the left margin, with their lines."""
        return {node.name: node.lineno for node in _definitions(self.tree)}


def static_findings(source: str, stub_source: str) -> list[Finding]:
    """List the mechanical mistakes of a source, by line; none for a text that does not parse."""
    try:
        tree, stub_tree = parse(source), parse(stub_source)
        if tree is None or stub_tree is None:
            return []
        file, stub = _File(tree), _File(stub_tree)
        found = [finding for rule in _RULES for finding in rule(file, stub)]
    except UNREADABLE:
        return []
    return sorted(dict.fromkeys(found), key=lambda finding: finding.line)


def is_untouched(source: str, stub_source: str) -> bool:
    """Whether nothing is done yet: the code is the stub's, or each function asked for still only raises."""
    try:
        tree, stub_tree = parse(source), parse(stub_source)
        if tree is None or stub_tree is None:
            return False
        if _code(tree) == _code(stub_tree):
            return True
    except UNREADABLE:
        return False
    functions = _File(tree).functions
    asked = [name for name, node in _File(stub_tree).functions.items() if _only_raises(node)]
    return bool(asked) and all(name in functions and _only_raises(functions[name]) for name in asked)


def _code(tree: ast.Module) -> str:
    """The code of a tree without docstrings; the tree is changed."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = without_docstring(node.body) or [ast.Pass()]
    return ast.dump(tree)


def _definitions(
    owner: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """What a module or class defines, also below `if` and `try`."""
    todo: list[ast.AST] = list(reversed(owner.body))
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try, ast.TryStar, ast.With, ast.ExceptHandler)):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_stub_raise(node: ast.stmt) -> bool:
    error = node.exc if isinstance(node, ast.Raise) else None
    error = error.func if isinstance(error, ast.Call) else error
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"


def _only_raises(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [s for s in without_docstring(node.body) if not isinstance(s, ast.Pass)]
    return len(body) == 1 and _is_stub_raise(body[0])


def _reached(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements up to and with the first that always leaves."""
    for statement in body:
        yield statement
        if _leaves(statement):
            return


def _leaves(node: ast.stmt) -> bool:
    match node:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(body=body, orelse=other):
            return any(map(_leaves, body)) and any(map(_leaves, other))
        case ast.With(body=body):
            return any(map(_leaves, body))
        case ast.Match(cases=cases):
            default = isinstance(cases[-1].pattern, ast.MatchAs) and cases[-1].pattern.pattern is None
            return default and all(any(map(_leaves, case.body)) for case in cases)
        case ast.While(test=ast.Constant(value=True)):
            return not any(isinstance(inner, ast.Break) for inner in ast.walk(node))
    return False


def _stub_raises(file: _File, stub: _File) -> Iterator[Finding]:
    for name, node in file.functions.items():
        if name in stub.functions and _only_raises(stub.functions[name]):
            for statement in _reached(node.body):
                if _is_stub_raise(statement):
                    text = STUB_RAISE.format(name=name)
                    yield Finding("stub_raise", statement.lineno, text)
    bodies = [file.tree.body, *(owner.body for owner in file.classes.values())]
    for body in bodies:
        for statement in body:
            if _is_stub_raise(statement):
                yield Finding("stub_raise", statement.lineno, STUB_RAISE_MODULE)


def _missing_names(file: _File, stub: _File) -> Iterator[Finding]:
    module = file.names.layout.module
    if module.stars:
        return  # whatever is asked for may have come with them
    free = [name for name in file.defined if name not in stub.defined]
    for wanted in stub.required:
        if wanted in module.bindings:
            continue
        if near := _nearest(wanted, free):
            line = file.defined[near]
            yield Finding("near_name", line, NEAR_NAME.format(found=near, wanted=wanted))
        elif (nested := _nested(file.tree, wanted)) is not None:
            outer, line = nested
            yield Finding("near_name", line, NESTED_NAME.format(wanted=wanted, outer=outer))
        else:
            yield Finding("missing_name", 0, MISSING_NAME.format(wanted=wanted))


def _missing_methods(file: _File, stub: _File) -> Iterator[Finding]:
    for qualified in stub.functions:
        owner, _, wanted = qualified.rpartition(".")
        if owner not in file.classes or wanted.startswith("__") or qualified in file.functions:
            continue
        own = {n.rpartition(".")[2]: f.lineno for n, f in file.functions.items() if n.rpartition(".")[0] == owner}
        free = [name for name in own if f"{owner}.{name}" not in stub.functions]
        if near := _nearest(wanted, free):
            text = NEAR_NAME.format(found=f"{owner}.{near}", wanted=qualified)
            yield Finding("near_name", own[near], text)


def _nearest(wanted: str, names: list[str]) -> str | None:
    def plain(name: str) -> str:
        return name.replace("_", "").lower()

    for name in names:
        if plain(name) == plain(wanted):
            return name
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=NEAR)
    return near[0] if near else None


def _nested(tree: ast.Module, wanted: str) -> tuple[str, int] | None:
    for outer in ast.walk(tree):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for node in outer.body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == wanted:
                    return outer.name, node.lineno
    return None


def _signatures(file: _File, stub: _File) -> Iterator[Finding]:
    for name, asked in stub.functions.items():
        given = file.functions.get(name)
        last = name.rpartition(".")[2]
        private = last.startswith("_") and last != "__init__"
        if given is None or given.decorator_list or private:
            continue
        method = "." in name
        if not _accepts(given.args, asked.args, method):
            found, wanted = (_shown(name, node.args, method) for node in (given, asked))
            yield Finding("signature", given.lineno, SIGNATURE.format(found=found, wanted=wanted))


def _accepts(given: ast.arguments, asked: ast.arguments, method: bool) -> bool:
    """Whether the calls that the stub invites fit: by position, and by name for what has a default.

    A parameter without default may be called otherwise (`forward(self, x)`), but not stand elsewhere.
    """
    if given.vararg and given.kwarg:
        return True
    ours, theirs = _positional(given, method), _positional(asked, method)
    if len(ours) < len(theirs) and given.vararg is None:
        return False
    optional = theirs[len(theirs) - len(asked.defaults) :] if asked.defaults else []
    for mine, wanted in zip(ours, theirs, strict=False):
        if mine != wanted and (wanted in optional or wanted in ours or mine in theirs):
            return False
    if len(ours) - len(given.defaults) > len(theirs) - len(asked.defaults):
        return False
    must = {a.arg for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is None}
    named = {a.arg for a in asked.kwonlyargs}
    return must <= named and (given.kwarg is not None or named <= {a.arg for a in given.kwonlyargs} | set(ours))


def _positional(arguments: ast.arguments, method: bool) -> list[str]:
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1 if method else 0 :]


def _shown(name: str, arguments: ast.arguments, method: bool) -> str:
    plain = copy.deepcopy(arguments)
    for argument in ast.walk(plain):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    if method and (first := plain.posonlyargs or plain.args):
        del first[0]
    return f"{name}({ast.unparse(plain)})"


def _ending_calls(file: _File, stub: _File) -> Iterator[Finding]:
    guarded = set(_under_main_guard(file.tree))
    for node in ast.walk(file.tree):
        what = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
        if what is None or node in guarded:
            continue
        for path in file.names.paths(what):
            if path in CALLS:
                kind, text = CALLS[path]
                call = f"{path.removeprefix('builtins.')}()"
                yield Finding(kind, what.lineno, text.format(call=call))


def _under_main_guard(tree: ast.Module) -> Iterator[ast.AST]:
    """What is below `if __name__ == "__main__":`, which is not run when work is graded."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
            sides = [node.test.left, *node.test.comparators]
            if any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
                yield from (inner for statement in node.body for inner in ast.walk(statement))


def _missing_returns(file: _File, stub: _File) -> Iterator[Finding]:
    returning = {node for node, value in file.names.layout.returns if not _is_nothing(file, value)}
    for name, asked in stub.functions.items():
        given = file.functions.get(name)
        none = asked.returns is None or (isinstance(asked.returns, ast.Constant) and asked.returns.value is None)
        if given is None or none or given in returning or _yields(given):
            continue
        if any(isinstance(statement, (ast.Raise, ast.While)) and _leaves(statement) for statement in given.body):
            continue
        printed = _first_print(file, given)
        if printed:
            yield Finding("no_return", printed, PRINTS.format(name=name))
        elif not _calls(file, given, CALLS):  # else it is told that it ends the program
            yield Finding("no_return", given.lineno, NO_RETURN.format(name=name))


def _is_nothing(file: _File, value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return file.names.paths(value.func) == ["builtins.print"]
    return isinstance(value, ast.Constant) and value.value is None


def _yields(function: ast.AST) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own_nodes(function))


def _first_print(file: _File, function: ast.AST) -> int:
    return min((call.lineno for call in _calls(file, function, ("builtins.print",))), default=0)


def _calls(file: _File, function: ast.AST, paths: Collection[str]) -> list[ast.Call]:
    calls = [node for node in _own_nodes(function) if isinstance(node, ast.Call)]
    return [call for call in calls if any(path in paths for path in file.names.paths(call.func))]


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    todo = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            todo.extend(ast.iter_child_nodes(node))


def _imports(file: _File, stub: _File) -> Iterator[Finding]:
    helpers = ""
    if any(i.path.split(".")[0] == "d2l" for i in file.names.layout.imports):
        used = {n.attr for n in ast.walk(file.tree) if isinstance(n, ast.Attribute)}
        known = [f"d2l.{name}: {D2L_HELPERS[name]}" for name in D2L_HELPERS if name in used]
        helpers = f" ({'; '.join(known)})" if known else ""
    for imported in file.names.layout.imports:
        if imported.path.startswith("."):
            text = RELATIVE.format(module=imported.path)
            yield Finding("relative_import", imported.line, text)
        elif imported.path.split(".")[0] == "d2l":
            yield Finding("d2l_import", imported.line, D2L.format(helpers=helpers))


_RULES = (
    _stub_raises,
    _missing_names,
    _missing_methods,
    _signatures,
    _ending_calls,
    _missing_returns,
    _imports,
)
