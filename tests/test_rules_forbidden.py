"""Forbidden names are found by any alias that can be followed, and nothing else is."""

import subprocess
import sys
import textwrap

import pytest
from d2l_kit.grading.rules import TOO_DEEP, Use, forbidden_uses, without_main
from hypothesis import given, settings
from hypothesis import strategies as st

CONVOLUTIONS = ("torch.nn.functional.conv*", "torch.conv*", "torch.nn.Conv*", "scipy*")


def uses(source: str, forbidden: tuple[str, ...] = CONVOLUTIONS) -> list[tuple[str, int]]:
    return [(use.name, use.line) for use in forbidden_uses(textwrap.dedent(source), forbidden)]


def lines(source: str, forbidden: tuple[str, ...] = CONVOLUTIONS) -> list[int]:
    return [line for _, line in uses(source, forbidden)]


def names(source: str, forbidden: tuple[str, ...] = CONVOLUTIONS) -> set[str]:
    return {name for name, _ in uses(source, forbidden)}


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef corr2d(X, K):\n    return torch.conv2d(X, K)\n",
        "import torch.nn.functional as F\ndef corr2d(X, K):\n    return F.conv2d(X, K)\n",
        "from torch.nn import functional as F\n\ny = F.conv2d(1, 2)\n",
        "import torch\n\ny = torch.nn.functional.conv2d\n",
        "from torch import nn\nclass A:\n    layer = nn.Conv2d(1, 1, 3)\n",
        "import torch\n\ntorch.nn.functional.torch.conv2d(1, 2)\n",
        "import torch.nn.functional as F\n\ngetattr(F, 'conv' + '2d')(1, 2)\n",
        "import torch.nn.functional as F\nn = 2\ngetattr(F, f'conv{n}d')(1, 2)\n",
        "import torch.nn.functional as F\n\ngetattr(F, ''.join(['co', 'nv', '2d']))\n",
        "import torch.nn.functional as F\n\ngetattr(F, 'conv%sd' % 2)\n",
        "import torch.nn.functional as F\n\ngetattr(F, '{}2{}'.format('conv', 'd'))\n",
        "import torch.nn.functional as F\n\ngetattr(F, 'd2vnoc'[::-1])\n",
        "import torch.nn.functional as F\n\ngetattr(F, 'CONV2D'.lower())\n",
        "import torch.nn.functional as F\n\ngetattr(F, chr(99) + 'onv2d')\n",
        "import torch.nn.functional as F\n\ngetattr(F, b'conv2d'.decode())\n",
        "import importlib\n\nimportlib.import_module('torch.nn.functional').conv2d\n",
        "import importlib\n\nimportlib.import_module('.functional', 'torch.nn').conv2d\n",
        "from importlib import import_module as load\n\nload('torch').conv2d(1, 2)\n",
        "\n\n__import__('torch').conv2d(1, 2)\n",
        "\n\n__import__('torch.nn.functional').nn.functional.conv2d(1, 2)\n",
        "\n\n__import__('torch.nn.functional', fromlist=['x']).conv2d(1, 2)\n",
        "import torch\n\ntorch.__dict__['conv2d'](1, 2)\n",
        "import torch\n\ntorch.__dict__.get('conv2d')(1, 2)\n",
        "import torch\n\nvars(torch)['conv2d'](1, 2)\n",
        "import torch\n\ntorch.__getattribute__('conv2d')(1, 2)\n",
        "import operator, torch\n\noperator.attrgetter('conv2d')(torch)(1, 2)\n",
        "from operator import attrgetter\nimport torch\nattrgetter('nn.functional.conv2d')(torch)\n",
        "import operator, torch\n\noperator.methodcaller('conv2d', 1, 2)(torch)\n",
        "import sys\n\nsys.modules['torch'].conv2d(1, 2)\n",
        "import sys\n\nsys.modules.get('torch').conv2d(1, 2)\n",
        "import torch as t\nf = t.nn.functional\nf.conv2d(1, 2)\n",
        "import torch as t\na, b = t, t.nn\nb.functional.conv2d(1, 2)\n",
        "import torch as t\n(a, *b), c = (1, t), 2\nb[0].conv2d(1, 2)\n",
        "import torch as t\nfor m in (t, 1):\n    m.conv2d(1, 2)\n",
        "import torch as t\n\ny = [m.conv2d for m in [t]]\n",
        "import torch as t\n\n(u := t).conv2d(1, 2)\n",
        "import torch as t\nd = {'m': t}\nd['m'].conv2d(1, 2)\n",
        "import torch as t\nd = {}; d['m'] = t\nd['m'].conv2d(1, 2)\n",
        "import torch as t\nd = {'m': t}\nd.get('m').conv2d(1, 2)\n",
        "import torch as t\n\n(t if 1 else None).conv2d(1, 2)\n",
        "import torch\n\ntorch.ops.aten.conv2d(1, 2)\n",
        "import torch\n\ntorch.ops.aten.convolution.default(1, 2)\n",
        "import torch\n\ntorch._C._VariableFunctions.conv2d(1, 2)\n",
        "import torch\n\ntorch._C._nn.conv_depthwise3d(1, 2)\n",
        "import torch\n\ntorch._C._jit_get_operation('aten::conv2d')\n",
        "import torch\n\ntorch.nn.modules.conv.Conv2d(1, 1, 3)\n",
        "import torch\n\ntorch.nn.LazyConv2d(1, 3)\n",
        "import torch\n\ntorch.nn.modules.conv.F.conv2d(1, 2)\n",
        "import torch\n\nglobals()['torch'].conv2d(1, 2)\n",
        "\ntry:\n    import scipy.signal\nexcept ImportError:\n    pass\n",
        "import torch.nn.functional as F\ndef corr2d(X, K, m=F):\n    return m.conv2d(X, K)\n",
        "import torch.nn.functional as F\ndef g(): return F\ng().conv2d(1, 2)\n",
        "import torch.nn.functional as F\ng = lambda: F\ng().conv2d(1, 2)\n",
        "import torch as t\ndef g(m):\n    return m.conv2d(1, 2)\ng(t)\n",
        "import torch as t\ndef g(*, m):\n    return m.conv2d(1, 2)\ng(m=t)\n",
        "import torch\n\nsetattr(x, 'f', torch); x.f.conv2d(1, 2)\n",
    ],
)
def test_a_forbidden_function_is_found_on_line_three_however_it_is_reached(source: str) -> None:
    assert 3 in lines(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from torch import conv2d as c\nc(1, 2)\n", [("torch.conv2d", 1), ("torch.conv2d", 2)]),
        ("from torch.nn.functional import *\ny = conv2d(1, 2)\n", [("torch.nn.functional.conv2d", 2)]),
        ("from torch.nn import *\ny = Conv2d(1, 1, 3)\n", [("torch.nn.Conv2d", 2)]),
        ("from torch.nn.functional import *\ny = torch.conv2d(1, 2)\n", [("torch.conv2d", 2)]),
        ("from scipy.signal import *\n", [("scipy.signal", 1)]),
        (
            "from scipy import signal\nsignal.correlate2d(1, 2)\n",
            [("scipy.signal", 1), ("scipy.signal.correlate2d", 2)],
        ),
    ],
)
def test_imported_names_are_reported_by_their_full_name(source: str, expected: list[tuple[str, int]]) -> None:
    assert uses(source) == expected


def test_an_alias_made_in_a_class_is_followed_through_self() -> None:
    source = """
        import torch.nn.functional as F
        class A:
            ops = F
            def __init__(self, module=F):
                self.f = module
            def forward(self, x, k):
                return self.f.conv2d(x, k) + self.ops.conv1d(x, k)
        """
    assert names(source) == {"torch.nn.functional.conv2d", "torch.nn.functional.conv1d"}


def test_an_alias_made_by_another_function_through_global_is_followed() -> None:
    source = """
        def load():
            global hidden
            import torch as hidden
        def corr2d(X, K):
            load()
            return hidden.conv2d(X, K)
        hidden = None
        """
    assert names(source) == {"torch.conv2d"}


def test_a_chain_of_aliases_against_the_order_of_the_text_is_followed() -> None:
    source = """
        def corr2d(X, K):
            return c().conv2d(X, K)
        def c(): return b()
        def b(): return a()
        def a():
            import torch.nn.functional as F
            return F
        """
    assert lines(source) == [3]


@pytest.mark.parametrize(
    "source",
    [
        "def conv2d(X, K):\n    return X\ny = conv2d(1, 2)\n",
        "from torch.nn.functional import *\ndef conv2d(X, K):\n    return X\ny = conv2d(1, 2)\n",
        "from torch import *\ndef f(conv2d):\n    return conv2d(1)\n",
        "conv2d = 3\npool = conv2d + 1\n",
        '"""Does what torch.conv2d does."""\nx = "torch.nn.functional.conv2d"  # torch.conv2d\n',
        "def corr2d(X, K):\n    'Like F.conv2d(X, K).'\n    print('F.conv2d', f'{X} conv2d')\n",
        "class A:\n    def conv2d(self, x): return x\n    def forward(self, x): return self.conv2d(x)\n",
        "class A:\n    def conv2d(self): pass\na = A()\na.conv2d()\n",
        "def f(net, x):\n    return net.conv1(x) + net.conv2d(x)\n",
        "import torch.nn.functional as F\ndef f(F):\n    return F.conv2d(1)\n",
        "import torch.nn.functional as F\nf = lambda F: F.conv2d(1)\n",
        "import torch.nn.functional as F\ny = F.relu(1)\nclass F:\n    conv2d = 1\nz = F.conv2d\n",
        "import torch.nn.functional as F\ndef F(x): return x\ndef g(x): return F.conv2d\n",
        "import torch.nn.functional as F\ndef g(x):\n    F = x.ops\n    return F.conv2d(x)\n",
        "import torch.nn.functional as F\nfor F in range(3):\n    pass\nF = 1\nF.conv2d\n",
        "import torch\ny = torch.nn.functional.unfold(1, 2)\n",
        "import torch\nfrom torch import nn\ndef count(layer: nn.Conv2d) -> int: return 1\n",
        "import numpy as np\nnp.convolve(1, 2)\n",
        "import torch\ngetattr(torch, 'con' + 'cat')\n",
        "def getattr(a, b): return 1\nimport torch\ngetattr(torch, 'conv2d')\n",
        "import torch\ntorch.conv2d = None\n",
        "from torch.nn.functional import *\nfrom torch.nn import *\nconv = max(1, 2)\n",
        "x = 'conv2d'.join(['torch.', ''])\n",
        "import sys\nsys.modules['numpy'].conv2d\n",
    ],
)
def test_things_of_ones_own_and_mere_words_are_no_use(source: str) -> None:
    assert uses(source) == []


def test_an_annotation_is_no_use_unless_the_source_reads_annotations() -> None:
    plain = "import torch\ndef f(X, K: torch.conv2d): return X\n"
    assert uses(plain) == []
    assert lines(plain + "f.__annotations__['K'](1, 2)\n") == [2]


def test_a_name_from_a_star_import_counts_only_after_it_and_only_if_torch_has_it() -> None:
    pattern = ("torch.max",)
    assert names("from torch import *\nmax(1, 2)\n", pattern) == {"torch.max"}
    assert names("from torch.nn.functional import *\nmax(1, 2)\n", pattern) == set()
    assert names("def conv2d(): pass\nfrom torch import *\nconv2d(1)\n") == {"torch.conv2d"}


# Code run from text


@pytest.mark.parametrize(
    "source",
    [
        "exec('1')",
        "eval('1')",
        "compile('1', '', 'exec')",
        "import builtins\nbuiltins.exec('1')",
        "e = eval\ne('1')",
        "__builtins__['ex' + 'ec']('1')",
        "getattr(__builtins__, 'exec')('1')",
        "import torch\ntorch.builtins.exec('1')",
        "if False:\n    exec = None\nexec('1')",
        "exec = 1\ndel exec\nexec('1')",
        "import types\ntypes.CodeType(1)",
        "import marshal\nmarshal.loads(b'')",
    ],
)
def test_running_code_from_text_is_reported_as_exec(source: str) -> None:
    assert names(source) == {"exec"}
    assert names(source, ("@for",)) == {"exec"}
    assert names(source, ()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nf = torch.compile(f)",
        "import re\nre.compile('x')",
        "def f(model):\n    model.eval()\n    return model.exec",
        "def compile(x): return x\ncompile(3)",
        "class A:\n    def eval(self): return self\nA().eval()",
        "def f(eval): return eval(1)",
    ],
)
def test_other_things_called_compile_or_eval_are_no_way_round(source: str) -> None:
    assert uses(source) == []


# Pseudo-names, methods and twins


def test_loops_are_found_by_their_pseudo_names() -> None:
    source = """
        def f(x):
            for i in x:
                pass
            while x:
                break
            return [i for i in x], {i for i in x}, {i: i for i in x}, sum(i for i in x)
        """
    assert uses(source, ("@for", "@while", "@comprehension")) == [("@for", 3), ("@while", 5), ("@comprehension", 7)]
    assert uses(source, ("@while",)) == [("@while", 5)]
    assert uses("formula = 'for i in x: while'", ("@*",)) == []


def test_a_function_forbidden_in_torch_is_forbidden_as_a_method() -> None:
    pattern = ("torch.mm", "torch.sum")
    assert uses("def f(X, Y):\n    return X.mm(Y)\n", pattern) == [("torch.Tensor.mm", 2)]
    assert uses("def f(X):\n    return (X * 2).sum(0) + X.T.sum()\n", pattern) == [("torch.Tensor.sum", 2)]
    assert uses("def f(X, Y):\n    return getattr(X, 'mm')(Y)\n", pattern) == [("torch.Tensor.mm", 2)]
    assert uses("import torch\ny = torch.Tensor.mm(1, 2)\n", pattern) == [("torch.Tensor.mm", 2)]
    assert uses("class A:\n    def sum(self): pass\n    def f(self): return self.sum()\nA().sum()\n", pattern) == []


def test_methods_that_lists_and_texts_have_too_are_found_only_by_their_full_name() -> None:
    source = "def f(name):\n    name.split(',')\n    name.sort()\n"
    assert uses(source, ("torch.split", "torch.sort")) == []
    assert names(source, ("torch.Tensor.sort",)) == {"torch.Tensor.sort"}


def test_the_operator_at_is_a_twin_of_matmul() -> None:
    source = "def f(X, Y):\n    X @= Y\n    return X @ Y\n"
    assert uses(source, ("torch.matmul",)) == [("@matmul", 2), ("@matmul", 3)]
    assert uses(source, ("torch.mm",)) == []
    assert names("def f(X, Y):\n    return X.__matmul__(Y)\n", ("torch.matmul",)) == {"torch.Tensor.__matmul__"}


def test_in_place_spellings_and_other_homes_of_a_function_are_its_twins() -> None:
    assert names("import torch\ntorch.relu_(1)\n", ("torch.nn.functional.relu",)) == {"torch.relu_"}
    assert names("import torch\ntorch.special.softmax(1)\n", ("torch.softmax",)) == {"torch.special.softmax"}
    assert names("def f(X): return X.softmax(0)\n", ("torch.nn.functional.softmax",)) == {"torch.Tensor.softmax"}


def test_windows_by_the_method_unfold_are_no_use_of_the_function_unfold() -> None:
    source = "def f(X):\n    return X.unfold(0, 2, 1)\n"
    assert uses(source, ("torch.nn.functional.unfold",)) == []
    assert uses(source, ("torch.Tensor.unfold",)) == [("torch.Tensor.unfold", 2)]


def test_a_pattern_that_starts_with_a_star_finds_pooling_anywhere_in_torch_but_not_in_ones_own_code() -> None:
    source = """
        import torch
        from torch import nn
        def pool2d(X):
            pool = X.max_pool
            a = torch.max_pool2d(X, 2)
            b = nn.AvgPool2d(2)
            return pool2d(X), pool, a, b
        """
    assert uses(source, ("*pool*", "*Pool*")) == [("torch.max_pool2d", 6), ("torch.nn.AvgPool2d", 7)]


def test_a_pattern_that_covers_all_of_torch_leaves_methods_of_unknown_objects_alone() -> None:
    assert uses("def f(a, b):\n    return a.exp() + b.max()\n", ("torch*", "torch.*")) == []


def test_builtins_can_be_forbidden_by_their_plain_name() -> None:
    assert uses("y = map(str, 'ab')\n", ("map",)) == [("map", 1)]
    assert uses("def map(f, x): return x\ny = map(str, 'ab')\n", ("map",)) == []


# The form of the answer, and hostile sources


def test_a_use_quotes_its_line_and_is_equal_by_name_and_line() -> None:
    (use,) = forbidden_uses("import torch\n   \nif 1:\n    y = torch.conv2d(1, 2)\n", CONVOLUTIONS)
    assert use == Use("torch.conv2d", 4)
    assert use.text == "y = torch.conv2d(1, 2)"


@pytest.mark.parametrize("source", ["def f(:\n", "\x00", "\ud800", "import torch\n\ttorch.conv2d", ""])
def test_a_source_that_does_not_parse_has_no_uses(source: str) -> None:
    assert forbidden_uses(source, CONVOLUTIONS) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "-" * 3000 + "1",
        "x" + ".a" * 5000,
        "x = " + "(" * 150 + ")" * 150,
        "x = " + "[" * 190 + "]" * 190,
        "f" + "()" * 3000,
        "x = 1" + " if y else 1" * 3000,
    ],
)
def test_a_source_nested_too_deeply_is_reported_or_read_but_never_fatal(source: str) -> None:
    script = (
        "import sys\n"
        "from d2l_kit.grading.rules import forbidden_uses\n"
        "print([use.name for use in forbidden_uses(sys.stdin.read(), ['torch.conv*'])])\n"
    )
    result = subprocess.run([sys.executable, "-c", script], input=source, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() in ("[]", f"['{TOO_DEEP}']")


def test_a_deep_but_readable_source_is_reported_as_nested_too_deeply() -> None:
    source = "x = a" + ".b" * 900 + "\n"
    assert forbidden_uses(source, ["torch.conv*"]) == [Use(TOO_DEEP, 1)]


def test_a_sum_of_a_thousand_terms_is_no_deep_nesting() -> None:
    assert forbidden_uses("x = 'c'" + " + 'a'" * 900 + "\n", ["torch.conv*"]) == []


def test_a_flood_of_other_values_does_not_hide_a_name() -> None:
    flood = "".join(f"f = {n}\n" for n in range(300))
    source = f"import torch\nf = torch\nif f:\n    pass\nfor i in x:\n    f = 'a'\n{flood}f = torch\nf.conv2d(1, 2)\n"
    assert names(source) == {"torch.conv2d"}


def test_values_that_double_in_every_round_stay_bounded() -> None:
    source = """
        a = b = 'x'
        m = n = ()
        while True:
            a = a + b
            b = b + a
            m = (m, n, m, n)
            n = [m, n] * 9
            a = '{}{}'.format(a, b)
            import torch
            torch = torch.nn
        """
    assert uses(source) == []


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_whatever_makes_the_search_raise(source: str) -> None:
    forbidden_uses(source, CONVOLUTIONS)


@pytest.mark.parametrize("guard", ['if __name__ == "__main__":', "if '__main__' == __name__:"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_trial_of_ones_own_is_taken_out_and_every_line_keeps_its_number(guard: str, end: str) -> None:
    lines = ["import torch", guard, "    K = torch.conv2d", "    print(K)", "def corr2d(X, K):", "    return X"]
    kept = without_main(end.join(lines))
    assert kept.split(end) == [lines[0], "", "", "", *lines[4:]]
    assert forbidden_uses(kept, ["torch.conv*"]) == []


@pytest.mark.parametrize(
    "source",
    [
        "if __name__ != '__main__':\n    import torch\n",
        "if __name__ == '__main__':\n    pass\nelse:\n    import torch\n",
        "def f():\n    if __name__ == '__main__':\n        import torch\n",
        "if __name__ == '__main__' or True:\n    import torch\n",
        "if True:\n    if __name__ == '__main__':\n        import torch\n",
        "if __name__ == '__main__':\n    import torch\n  broken",
    ],
)
def test_what_may_run_is_never_taken_out(source: str) -> None:
    assert without_main(source) == source
