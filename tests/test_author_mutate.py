"""Mutants are one small change each, compile, keep the lines, and come in the same order every time."""

import ast
import subprocess
import sys
import textwrap

import pytest
from d2l_kit.author.mutate import Mutant, mutants
from d2l_kit.errors import AuthorError
from hypothesis import given, settings
from hypothesis import strategies as st

SOLUTION = '''
"""A solution."""

import torch
from torch import Tensor, nn


def corr2d(X: Tensor, K: Tensor, padding: int = 0, mode: str = "valid") -> Tensor:
    """Slide K over X."""
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError(f"{kh} x {kw} does not fit")  # the message stays
    if mode not in ("valid", "same"):
        raise ValueError("no such mode")
    Y = X.new_zeros(
        h - kh + 1,
        w - kw + 1,
    )
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum(dim=-1, keepdim=True).mean()
    return Y


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.scale = 2.0

    @torch.no_grad()
    def step(self, lr: float) -> None:
        with torch.no_grad():
            # the comment stays
            self.weight -= lr * self.weight.grad.detach()
        self.weight.grad.zero_()

    def forward(self, X: Tensor) -> Tensor:
        return -X.T.contiguous() if self.training else X / self.scale


if __name__ == "__main__":
    print(1 + 2)
'''


def changes(source: str) -> list[str]:
    return [f"{m.before} -> {m.after}" for m in mutants(textwrap.dedent(source))]


def test_every_mutant_compiles_differs_from_the_solution_and_from_every_other() -> None:
    found = mutants(SOLUTION)
    dumps = [ast.dump(ast.parse(m.source)) for m in found]
    assert len(found) > 80
    assert len({ast.dump(ast.parse(SOLUTION)), *dumps}) == len(found) + 1
    assert len({m.id for m in found}) == len(found)
    for mutant in found:
        compile(mutant.source, "mutant", "exec")


def test_a_mutant_keeps_lines_comments_and_everything_outside_its_change() -> None:
    original = SOLUTION.splitlines()
    for mutant in mutants(SOLUTION):
        lines = mutant.source.splitlines()
        assert len(lines) == len(original), mutant.id
        first = next(n for n, (a, b) in enumerate(zip(original, lines, strict=True), 1) if a != b)
        assert lines[: first - 1] == original[: first - 1]
        assert first >= mutant.line
    comments = [m for m in mutants(SOLUTION) if "# the message stays" not in m.source]
    assert comments == []


def test_mutants_come_in_the_order_of_the_text_and_name_their_line() -> None:
    found = mutants(SOLUTION)
    assert found == mutants(SOLUTION)
    assert all(m.id.startswith(f"line {m.line}: {m.before} -> {m.after}") for m in found)
    (one,) = [m for m in found if m.after == "kh >= h"]
    assert (one.line, one.before, one.id) == (11, "kh > h", "line 11: kh > h -> kh >= h")


def test_the_order_does_not_depend_on_hash_randomisation() -> None:
    script = (
        "import sys\n"
        "from d2l_kit.author.mutate import mutants\n"
        "print(*(m.id for m in mutants(sys.stdin.read())), sep='\\n')\n"
    )
    for seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", script],
            input=SOLUTION,
            capture_output=True,
            encoding="utf-8",
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        )
        assert result.stdout.splitlines() == [m.id for m in mutants(SOLUTION)]


def test_annotations_docstrings_imports_messages_and_scripts_are_left_alone() -> None:
    for mutant in mutants(SOLUTION):
        for kept in (
            '"""A solution."""',
            "import torch\nfrom torch import Tensor, nn\n",
            "def corr2d(X: Tensor, K: Tensor, padding: int = ",
            '"""Slide K over X."""',
            "super().__init__()",
            "print(1 + 2)",
        ):
            assert kept in mutant.source, (mutant.id, kept)
    untouched = 'def f(x: "A[1]" = None) -> "B[2]":\n    y: "C[3]"\n    raise ValueError("x" + str(1 + 2))\n'
    assert [m.after for m in mutants(untouched)] == ["pass", "raise TypeError('x' + str(1 + 2))"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("y = kh - 1", ["kh - 1 -> kh + 1", "kh - 1 -> kh", "kh - 1 -> 1 - kh", "kh - 1 -> kh - 2"]),
        ("y = a * b", ["a * b -> a / b", "a * b -> a", "a * b -> b"]),
        ("y = a / b", ["a / b -> a * b", "a / b -> a", "a / b -> b / a"]),
        ("y = a // b", ["a // b -> a % b", "a // b -> -(-a // b)", "a // b -> a"]),
        ("y = a @ b", ["a @ b -> a * b", "a @ b -> b @ a"]),
        ("y = -x", ["-x -> x"]),
        ("y = a < b", ["a < b -> a <= b", "a < b -> a > b"]),
        ("y = a and b", ["a and b -> a or b", "a and b -> a", "a and b -> b"]),
        ("y = True", ["True -> False"]),
        ("y = 0", ["0 -> 1", "0 -> -1"]),
        ("y = x.sum(dim=-1)", ["dim=-1 -> dim=1", "dim=-1 -> dim=-2", "dim=-1 -> dim=-0"]),
        ("y = x.sum(dim=1, keepdim=True)", ["keepdim=True -> keepdim=False"]),
        ("y = x.sum(1, keepdim=True)", ["x.sum(1, keepdim=True) -> x.sum(1)"]),
        ("y = x.detach()", ["x.detach() -> x"]),
        ("y = x.transpose(0, 1)", ["x.transpose(0, 1) -> x"]),
        ("y = x.T", ["x.T -> x"]),
        ("y = x.mT @ z", ["x.mT -> x"]),
        ("y = x.mean()", ["x.mean -> x.sum"]),
        ("y = max(a, b)", ["max(a, b) -> min(a, b)"]),
        ("y = torch.zeros(n)", ["torch.zeros -> torch.ones"]),
        ("y = f(a, b)", ["f(a, b) -> f(b, a)"]),
        ("y = x[i, j]", ["x[i, j] -> x[j, i]"]),
        ("y = x[a:]", ["x[a:] -> x[:]", "x[a:] -> x[a + 1:]", "x[a:] -> x[a - 1:]"]),
        ("y = x[:-1]", ["x[:-1] -> x[:]", "x[:-1] -> x[:-2]"]),
        ("y = x[a:, None]", ["x[a:, None] -> x[None, a:]"]),
        ("y = range(n)", ["range(n) -> range(n + 1)", "range(n) -> range(n - 1)", "range(n) -> range(1, n)"]),
        ("y = a if c else b", ["a if c else b -> a", "a if c else b -> b", "c -> not c"]),
        ("kh, kw = s", ["(kh, kw) -> (kw, kh)"]),
        ("x += y", ["x += y -> x = y", "x += y -> x -= y", "x += y -> pass"]),
        ("f(x)", ["f(x) -> pass"]),
        ("if a:\n    b()", ["a -> not a", "a -> True", "a -> False"]),
        ("if not a:\n    b()", ["not a -> a"]),
        ("while a > b:\n    b()", ["a > b -> not a > b"]),
        ("with torch.no_grad():\n    f(x)", ["with torch.no_grad(): -> if True:"]),
        ("@torch.no_grad()\ndef f(x):\n    return 1", ["@torch.no_grad() -> (removed)"]),
        ("def f(x):\n    return x", ["return x -> return None", "return x -> return -x"]),
        ("raise ValueError", ["raise ValueError -> pass", "raise ValueError -> raise TypeError"]),
        ("raise KeyError(x) from e", ["raise KeyError(x) from e -> raise ValueError(x) from e"]),
        ("y = mode == 'max'", ["mode == 'max' -> mode == 'not max'"]),
        ("y = (mode == 'max', mode == 'avg')", ["mode == 'max' -> mode == 'avg'"]),
        ("def f(m='a'):\n    return m in ('a', 'b')", ["'a' -> 'b'"]),
        ("y = [i for i in x if i]", ["i -> not i", "i -> False"]),
        ("y = nn.Sequential(a, b)", ["nn.Sequential(a, b) -> nn.Sequential(b)"]),
        ("y = 0.5", ["0.5 -> 1.5", "0.5 -> -0.5"]),
    ],
)  # fmt: skip
def test_the_changes_that_students_make_are_among_the_mutants(source: str, wanted: list[str]) -> None:
    found = changes(source)
    assert [change for change in wanted if change not in found] == []


@pytest.mark.parametrize(
    ("source", "unwanted"),
    [
        ("y = 'a' + b", "'a' + b -> 'a' - b"),
        ("y = 'a %s' % b", "'a %s' % b -> 'a %s' // b"),
        ("def f(x):\n    y = x\n    return y", "y = x -> pass"),
        ("class A:\n    def __init__(self):\n        self.a = 1\n    def f(self): return self.a", "self.a = 1 -> pass"),
        ("class A:\n    def __init__(self):\n        super().__init__()", "super().__init__() -> pass"),
        ("y = isinstance(a, b)", "isinstance(a, b) -> isinstance(b, a)"),
        ("while a:\n    f(x)", "a -> True"),
        ("y = f(*a, b)", "f(*a, b) -> f(b, *a)"),
        ("import a\nimport b", "import a -> pass"),
        ("def f():\n    return None", "return None -> return None"),
    ],
)
def test_changes_that_would_only_crash_or_hang_are_left_out(source: str, unwanted: str) -> None:
    assert unwanted not in changes(source)


def test_an_assignment_that_replaces_an_earlier_value_can_be_deleted() -> None:
    assert "x = g(x) -> pass" in changes("def f(x):\n    x = g(x)\n    return x\n")
    assert "y[0] = 1 -> pass" in changes("def f(y):\n    y[0] = 1\n    return y\n")


def test_the_header_of_a_with_over_several_lines_is_replaced_and_its_body_kept() -> None:
    source = "with (\n    torch.no_grad()\n):\n    # why\n    f(x)\n"
    (mutant,) = [m for m in mutants(source) if m.after == "if True:"]
    assert mutant.source == "if True:\n\n\n    # why\n    f(x)\n"


def test_a_change_gets_the_parentheses_it_needs() -> None:
    by_change = {f"{m.before} -> {m.after}": m.source for m in mutants("y = 2 * (a + b) ** 2\nz = -x.T\n")}
    assert by_change["a + b -> a - b"] == "y = 2 * (a - b) ** 2\nz = -x.T\n"
    assert by_change["-x.T -> x.T"] == "y = 2 * (a + b) ** 2\nz = x.T\n"
    (negated,) = [m.source for m in mutants("z = x.y if a or b else c\n") if m.after == "not (a or b)"]
    assert negated == "z = x.y if not (a or b) else c\n"
    assert "x = (-1) .f\n" in [m.source for m in mutants("x = 0 .f\n")]


def test_other_alphabets_and_line_ends_do_not_shift_a_change() -> None:
    source = "ä = 'ß漢'; y = a - b\r\nz = 1\r\n"
    assert "ä = 'ß漢'; y = a + b\nz = 1\n" in [m.source for m in mutants(source)]


def test_a_solution_that_does_not_parse_is_its_authors_to_mend() -> None:
    with pytest.raises(AuthorError, match="not valid Python"):
        mutants("def f(:\n")


def test_a_source_without_anything_to_change_has_no_mutants() -> None:
    assert mutants("") == []
    assert mutants('"""Only words."""\n\nimport torch\n') == []


def test_mutants_are_plain_data() -> None:
    mutant = mutants("y = 1\n")[0]
    assert isinstance(mutant, Mutant)
    with pytest.raises(AttributeError):
        mutant.line = 3  # type: ignore[misc]


NAMES = st.sampled_from(["a", "b", "kh", "X"])
EXPRESSIONS = st.recursive(
    st.one_of(NAMES, st.sampled_from(["0", "1", "2.5", "True", "None", "'max'", "-1", "X.T", "..."])),
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "@", "**", "<", "==", "and", "in"]), inner
        ).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda e: f"(not {e})"),
        inner.map(lambda e: f"X[{e}:, 1:{e}]"),
        inner.map(lambda e: f"X.sum({e}, keepdim=True)"),
        inner.map(lambda e: f"range(\n    {e}\n)"),
        st.tuples(inner, inner).map(lambda p: f"f({p[0]}, {p[1]}).detach()"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} if a else {p[1]})"),
        inner.map(lambda e: f"[{e} for a in X if {e}]"),
        inner.map(lambda e: f"(lambda a=1: {e})"),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]} = {p[1]}"),
    st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]} += {p[1]}  # why"),
    EXPRESSIONS.map(lambda e: f"print({e}); a = 1"),
    EXPRESSIONS.map(lambda e: f"if {e}:\n    b = 1\nelse: pass"),
    EXPRESSIONS.map(lambda e: f"for a, b in {e}:\n    with torch.no_grad():\n        break"),
    EXPRESSIONS.map(lambda e: f"def f(a=1, *, b='max'):\n    'doc'\n    return {e}"),
    EXPRESSIONS.map(lambda e: f"def g():\n    raise ValueError({e})"),
    st.just("(a, b), X = X.shape, 1"),
)


@given(st.lists(LINES, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_mutants_of_random_snippets_compile_and_are_all_different(parts: list[str]) -> None:
    source = "\n".join(parts) + "\n"
    original = ast.dump(ast.parse(source))
    found = mutants(source)
    dumps = {ast.dump(ast.parse(m.source)) for m in found}
    assert len(dumps) == len(found) and original not in dumps
    for mutant in found:
        compile(mutant.source, "mutant", "exec")
        assert mutant.source.count("\n") == source.count("\n")
