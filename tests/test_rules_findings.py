"""Mechanical mistakes are told with the line and what to do; right code is left in peace."""

import textwrap

import pytest
from d2l_kit.grading.rules import Finding, is_untouched, static_findings
from hypothesis import given, settings
from hypothesis import strategies as st

STUB = '''
"""Two-dimensional cross-correlation."""

import torch
from torch import Tensor, nn


def corr2d(X: Tensor, K: Tensor, padding: int = 0) -> Tensor:
    """Slide K over X."""
    raise NotImplementedError


class Conv2D(nn.Module):
    """A layer."""

    def __init__(self, kernel_size: tuple[int, int]) -> None:
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        raise NotImplementedError("yours to write")


def train(net: nn.Module, lr: float) -> None:
    raise NotImplementedError
'''

GOOD = """
import torch
from torch import Tensor, nn


def corr2d(X: Tensor, K: Tensor, padding: int = 0) -> Tensor:
    if padding < 0:
        raise ValueError(padding)
    if padding:
        raise NotImplementedError("padding")
    return X + K


class Conv2D(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(kernel_size))

    def forward(self, X):
        return corr2d(X, self.weight)

    def extra_repr(self):
        raise NotImplementedError


def train(net, lr):
    print("training")
"""


def findings(source: str, stub: str = STUB) -> list[Finding]:
    return static_findings(textwrap.dedent(source), textwrap.dedent(stub))


def kinds(source: str, stub: str = STUB) -> list[str]:
    return [finding.kind for finding in findings(source, stub)]


def only(source: str, stub: str = STUB) -> Finding:
    (finding,) = findings(source, stub)
    return finding


SMALL = "def corr2d(X: Tensor, K: Tensor) -> Tensor:\n    raise NotImplementedError\n"


def test_right_code_has_no_findings() -> None:
    assert findings(GOOD) == []


def test_the_stubs_raise_left_above_the_answer_is_named_with_its_line() -> None:
    source = "def corr2d(X, K):\n    raise NotImplementedError\n    return X + K\n"
    finding = only(source, SMALL)
    assert (finding.kind, finding.line) == ("stub_raise", 2)
    assert "NotImplementedError" in finding.text and "corr2d" in finding.text and "remove it" in finding.text


def test_the_stubs_raise_left_before_the_return_is_found_and_after_it_is_harmless() -> None:
    before = "def corr2d(X, K):\n    Y = X + K\n    raise NotImplementedError()\n    return Y\n"
    assert [(f.kind, f.line) for f in findings(before, SMALL)] == [("stub_raise", 3)]
    assert kinds("def corr2d(X, K):\n    return X + K\n    raise NotImplementedError\n", SMALL) == []
    both = (
        "def corr2d(X, K):\n    if X:\n        return X\n    else:\n        return K\n    raise NotImplementedError\n"
    )
    assert kinds(both, SMALL) == []


def test_the_stubs_raise_at_module_level_is_said_to_break_the_import() -> None:
    finding = only("def corr2d(X, K):\n    return X + K\n\nraise NotImplementedError\n", SMALL)
    assert (finding.kind, finding.line) == ("stub_raise", 4)
    assert "cannot be imported" in finding.text


def test_a_raise_of_ones_own_for_an_unsupported_case_is_not_the_stubs() -> None:
    source = "def corr2d(X, K):\n    if X is None:\n        raise NotImplementedError\n    return X\n"
    assert kinds(source, SMALL) == []
    assert kinds("def corr2d(X, K):\n    return X\ndef helper():\n    raise NotImplementedError\n", SMALL) == []


@pytest.mark.parametrize("name", ["corr_2d", "Corr2D", "corr2", "cor2d", "corr2d_"])
def test_a_name_one_letter_off_is_named_beside_the_one_asked_for(name: str) -> None:
    finding = only(f"def helper(): return 1\ndef {name}(X, K):\n    return X\n", SMALL)
    assert (finding.kind, finding.line) == ("near_name", 2)
    assert f"`{name}`" in finding.text and "`corr2d`" in finding.text


def test_a_missing_name_without_a_near_one_is_said_to_be_missing() -> None:
    assert only("def something_else(X, K):\n    return X\n", SMALL).kind == "missing_name"
    assert kinds("corr2d = lambda X, K: X\n", SMALL) == []
    assert kinds("from elsewhere import corr2d\n", SMALL) == []
    assert kinds("from elsewhere import *\n", SMALL) == []
    assert kinds("try:\n    def corr2d(X, K): return X\nexcept E:\n    pass\n", SMALL) == []


def test_a_function_defined_inside_a_class_is_found_there() -> None:
    finding = only("class Mine:\n    def corr2d(X, K):\n        return X\n", SMALL)
    assert finding.kind == "near_name" and "inside `Mine`" in finding.text


def test_a_method_one_letter_off_is_found() -> None:
    source = GOOD.replace("def forward(", "def foward(")
    finding = only(source)
    assert finding.kind == "near_name"
    assert "Conv2D.foward" in finding.text and "Conv2D.forward" in finding.text


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("X, K", False),
        ("K, X", True),
        ("X", True),
        ("X, K, mode", True),
        ("X, K, mode='a'", False),
        ("A, B", False),
        ("x, kernel", False),
        ("K, kernel", True),
        ("X, K, L, M", True),
        ("*args, **kwargs", False),
        ("X, *rest, **kwargs", False),
        ("X, K, *, mode", True),
        ("X, K, *, mode=1", False),
    ],
)
def test_signatures_that_refuse_a_call_the_stub_allows_are_told(given: str, wrong: bool) -> None:
    found = findings(f"def corr2d({given}):\n    return 1\n", SMALL)
    assert [f.kind for f in found] == (["signature"] if wrong else [])
    if wrong:
        assert f"corr2d({given})" in found[0].text and "corr2d(X, K)" in found[0].text


def test_a_parameter_with_a_default_must_keep_its_name_since_it_is_called_by_it() -> None:
    found = only(GOOD.replace("padding: int = 0", "pad=0").replace("padding", "pad"))
    assert found.kind == "signature" and "corr2d(X, K, pad=0)" in found.text


def test_a_default_that_the_stub_has_and_the_student_lost_is_told() -> None:
    found = only(GOOD.replace("padding: int = 0", "padding: int"))
    assert found.kind == "signature" and "corr2d(X, K, padding=0)" in found.text


def test_methods_are_compared_without_self() -> None:
    assert kinds(GOOD.replace("def forward(self, X)", "def forward(this, X)").replace("self.weight)", "1)")) == []
    found = only(GOOD.replace("def __init__(self, kernel_size)", "def __init__(self, height, width)"))
    assert "Conv2D.__init__(height, width)" in found.text


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("exit()", "exits"),
        ("quit(0)", "exits"),
        ("import sys; sys.exit(1)", "exits"),
        ("from os import _exit as leave; leave(0)", "exits"),
        ("raise SystemExit", "exits"),
        ("raise SystemExit(0)", "exits"),
        ("input('>')", "asks"),
        ("breakpoint()", "debugger"),
        ("import pdb; pdb.set_trace()", "debugger"),
    ],
)
def test_calls_that_end_or_stop_the_program_are_named_with_their_line(call: str, kind: str) -> None:
    finding = only(f"def corr2d(X, K):\n    return X\n{call}\n", SMALL)
    assert (finding.kind, finding.line) == (kind, 3)
    assert "()` " in finding.text


def test_calls_below_the_main_guard_and_namesakes_are_left_in_peace() -> None:
    guarded = "def corr2d(X, K):\n    return X\nif __name__ == '__main__':\n    import sys\n    sys.exit(0)\n"
    assert kinds(guarded, SMALL) == []
    assert kinds("def exit(): pass\ndef corr2d(X, K):\n    exit()\n    return X.input()\n", SMALL) == []


def test_printing_instead_of_returning_is_told_as_such() -> None:
    source = "def corr2d(X, K):\n    Y = X\n    def helper():\n        return Y\n    print(helper())\n"
    finding = only(source, SMALL)
    assert (finding.kind, finding.line) == ("no_return", 5)
    assert "Did you mean `return`?" in finding.text
    assert only("def corr2d(X, K):\n    return print(X)\n", SMALL).line == 2


def test_a_function_without_return_is_told_unless_it_need_not_return() -> None:
    assert only("def corr2d(X, K):\n    Y = X + K\n", SMALL).kind == "no_return"
    assert only("def corr2d(X, K):\n    X.add_(K)\n    return\n", SMALL).kind == "no_return"
    assert kinds("def corr2d(X, K):\n    yield X\n", SMALL) == []
    assert kinds("def corr2d(X, K):\n    raise ValueError\n", SMALL) == []
    assert kinds("def corr2d(X, K):\n    while True:\n        pass\n", SMALL) == []
    assert kinds("def corr2d(X, K):\n    exit()\n", SMALL) == ["exits"]
    assert kinds("def train(net, lr):\n    net.step(lr)\n", "def train(net, lr) -> None:\n    raise E\n") == []


@pytest.mark.parametrize("line", ["from d2l import torch as d2l", "import d2l", "import d2l.torch as d2l"])
def test_the_books_package_is_said_not_to_be_there_and_what_replaces_it(line: str) -> None:
    found = only(f"{line}\ndef corr2d(X, K):\n    timer = d2l.Timer()\n    return X\n", SMALL)
    assert (found.kind, found.line) == ("d2l_import", 1)
    assert "does not ship d2l" in found.text and "d2l.Timer: time.perf_counter()" in found.text


@pytest.mark.parametrize("line", ["from . import pool2d", "from .pool2d import pool2d", "from .. import x"])
def test_relative_imports_are_told(line: str) -> None:
    finding = only(f"{line}\ndef corr2d(X, K):\n    return X\n", SMALL)
    assert (finding.kind, finding.line) == ("relative_import", 1)


def test_all_findings_are_listed_by_line() -> None:
    source = """
        from d2l import torch as d2l
        def corr_2d(X, K):
            print(X)
        exit()
        """
    assert [(f.kind, f.line) for f in findings(source, SMALL)] == [("d2l_import", 2), ("near_name", 3), ("exits", 5)]


@pytest.mark.parametrize("source", ["def f(:\n", "\x00", "\ud800"])
def test_what_cannot_be_read_has_no_findings(source: str) -> None:
    assert static_findings(source, STUB) == []


# Untouched


def test_the_stub_itself_is_untouched_whatever_its_layout_and_comments() -> None:
    assert is_untouched(STUB, STUB)
    assert is_untouched(STUB.replace("Slide K over X.", "slides").replace("\n\n\n", "\n# mine\n\n"), STUB)
    assert is_untouched(STUB.replace("(X: Tensor, K: Tensor", "(\n    X: Tensor,\n    K: Tensor"), STUB)


def test_code_around_functions_that_only_raise_is_still_untouched() -> None:
    assert is_untouched(STUB + "\nprint(torch.zeros(3))\n", STUB)
    assert is_untouched(STUB.replace("raise NotImplementedError\n", "pass\n    raise NotImplementedError\n", 1), STUB)


def test_one_function_written_or_the_answer_below_the_raise_is_a_start() -> None:
    assert not is_untouched(GOOD, STUB)
    assert not is_untouched(STUB.replace("    raise NotImplementedError\n", "    return X\n", 1), STUB)
    below = STUB.replace("    raise NotImplementedError\n", "    raise NotImplementedError\n    return X\n", 1)
    assert not is_untouched(below, STUB)


def test_a_function_renamed_or_an_empty_file_is_not_the_stub() -> None:
    assert not is_untouched(STUB.replace("def corr2d", "def corr_2d"), STUB)
    assert not is_untouched("", STUB)
    assert not is_untouched("def f(:", STUB)


def test_a_stub_of_broken_code_is_untouched_only_while_it_is_the_same_code() -> None:
    broken = "def train(net):\n    net.eval()  # ?\n    return net\n"
    assert is_untouched(broken.replace("  # ?", ""), broken)
    assert not is_untouched(broken.replace("eval", "train"), broken)


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_no_text_whatever_makes_the_search_raise(source: str) -> None:
    static_findings(source, STUB)
    is_untouched(source, STUB)
