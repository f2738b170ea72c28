"""Hidden checks of ch06/parameter_report."""

import pytest
import torch
from d2l_kit.checks import assert_equal, assert_raises, probe
from torch import nn


@probe
def report(module, widths, copies, off):
    """The report on layers of these widths, layer `off` frozen; those in `copies` share a weight, "w" its memory."""
    layers = [nn.Linear(n, m) for n, m in zip(widths, widths[1:], strict=False)]
    tied = nn.Linear(3, 5)
    net = nn.Module()
    for name in copies:
        layer = nn.Linear(3, 5)
        layer.weight = tied.weight
        net.add_module(name, layer)
    net.add_module("w", nn.Linear(3, 5))
    net.w.weight = nn.Parameter(tied.weight.data)
    net.add_module("layers", nn.Sequential(*layers))
    layers[off].requires_grad_(False)
    return dict(module.parameter_report(net))


@probe
def others(module):
    """The reports on networks without parameters, and on one that is frozen as a whole."""
    empty = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(3, affine=False))
    whole = nn.Linear(3, 2).requires_grad_(False)
    return dict(module.parameter_report(empty)), dict(module.parameter_report(whole))


@probe
def frozen(module, prefix, before):
    """Which of thirteen layers have no gradients after freezing one that stands in a nested block."""
    net = nn.Sequential(nn.Sequential(*(nn.Linear(2, 2, bias=False) for _ in range(12))), nn.Linear(2, 1))
    if before:
        net.get_submodule(before).requires_grad_(False)
    module.freeze(net, prefix)
    net(torch.ones(1, 2)).sum().backward()
    return [name for name, p in net.named_parameters() if p.grad is None or not p.requires_grad]


@pytest.mark.weight(3)
@pytest.mark.needs("total", "trainable", "shapes", "tied")
def test_any_network(submission, rng):
    """Networks of any size; several layers share a weight but not its bias, another one no more than its memory."""
    widths = [rng.integers(1, 7) for _ in range(rng.integers(3, 6))]
    off = rng.integers(0, len(widths) - 1)
    sizes = [n * m + m for n, m in zip(widths, widths[1:], strict=False)]
    copies = ["y", "x", "z"]
    total = 15 + 3 * 5 + 20 + sum(sizes)
    shapes = {"y.weight": (5, 3), "w.weight": (5, 3)} | {f"{name}.bias": (5,) for name in [*copies, "w"]}
    for i, (n, m) in enumerate(zip(widths, widths[1:], strict=False)):
        shapes |= {f"layers.{i}.weight": (m, n), f"layers.{i}.bias": (m,)}
    expected = {
        "total": total,
        "trainable": total - sizes[off],
        "shapes": shapes,
        "tied": [("x.weight", "y.weight", "z.weight")],
    }
    assert_equal(submission.run(report, widths, copies, off), expected, what="report")


@pytest.mark.needs("total", "trainable", "shapes", "tied")
def test_nothing_to_count(submission):
    """A network may have no parameters at all, or none that is trainable."""
    empty, whole = submission.run(others)
    expected = {"total": 0, "trainable": 0, "shapes": {}, "tied": []}
    assert_equal(empty, expected, what="report on a network without parameters")
    expected = {"total": 8, "trainable": 0, "shapes": {"weight": (2, 3), "bias": (2,)}, "tied": []}
    assert_equal(whole, expected, what="report on a frozen layer")


@pytest.mark.weight(2)
@pytest.mark.needs("freeze_one_part", "freeze_goes_deep")
def test_freeze_among_many(submission, rng):
    """Of twelve numbered layers exactly the one that is named is frozen, and what was frozen before stays so."""
    names = [*(f"0.{i}.weight" for i in range(12)), "1.weight", "1.bias"]
    cases = [("0.1", ""), ("0.1", "0.11"), ("1", ""), (f"0.{rng.integers(2, 10)}", "0.0"), ("0.1", "0.1"), ("0", "0.3")]
    for prefix, before in cases:
        expected = [name for name in names if name.startswith((f"{prefix}.", f"{before or prefix}."))]
        found = submission.run(frozen, prefix, before)
        assert_equal(sorted(found), sorted(expected), what=f"parameters without a gradient, frozen by {prefix!r}")


@pytest.mark.needs("freeze_refuses_unknown_names")
def test_freeze_refuses_parts_of_names(submission):
    """The start of a name, its end, a name with something behind it, or a parameter's, is no name of a submodule."""
    for prefix in ("0.12", "2", "0.1.0", ".", "0.1.weight"):
        assert_raises(KeyError, submission.run, frozen, prefix, "", mentions=(prefix,))
