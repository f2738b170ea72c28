"""Public checks of ch06/parameter_report."""

import pytest
import torch
from d2l_kit.checks import assert_equal, assert_raises, probe
from torch import nn


@probe
def report(module, key):
    """One entry of the report on a network with a scale of its own, nested blocks and a layer under two names."""
    shared = nn.Linear(4, 4)
    net = nn.ModuleDict(
        {
            "first": nn.Linear(3, 4),
            "norm": nn.BatchNorm1d(4),
            "block": nn.Sequential(nn.Linear(4, 4, bias=False), nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4))),
            "late": shared,
            "early": shared,
            "head": nn.Linear(4, 2),
        }
    )
    net.register_parameter("scale", nn.Parameter(torch.tensor([2.0, 3.0])))
    net["block"].register_parameter("gain", nn.Parameter(torch.tensor(2.0)))
    net["head"].bias.requires_grad_(False)
    return module.parameter_report(net)[key]


@probe
def frozen(module, prefix):
    """Which parameters do not require a gradient after the call, which got none, and the modes of all modules."""
    shared = nn.Linear(2, 2)
    net = nn.ModuleDict(
        {
            "a": nn.Linear(2, 2),
            "a2": nn.Linear(2, 2),
            "block": nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Sequential(nn.ReLU(), nn.Linear(2, 2))}),
            "s1": shared,
            "s2": shared,
        }
    )
    module.freeze(net, prefix)
    sum(p.sum() for p in net.parameters()).backward()
    return {
        "off": sorted(name for name, p in net.named_parameters() if not p.requires_grad),
        "without": sorted(name for name, p in net.named_parameters() if p.grad is None),
        "training": [m.training for m in net.modules()],
    }


def frozen_by(submission, prefix):
    """The names of what is frozen, after looking at what else freezing must and must not do."""
    found = submission.run(frozen, prefix)
    assert_equal(found["training"], [True] * len(found["training"]), what="modes of the modules (is one training?)")
    assert_equal(found["without"], found["off"], what="parameters that get no gradient")
    return found["off"]


@pytest.mark.weight(3)
def test_total(submission):
    """A network of eight modules with parameters holds 81 numbers: none is counted twice, and no buffer."""
    # scale 2, first 12 + 4, norm 4 + 4, block 1, 16 and 4 + 4, the shared layer 16 + 4, head 8 + 2
    assert_equal(submission.run(report, "total"), 81, what='"total"')


@pytest.mark.needs("total")
def test_trainable(submission):
    """One bias with 2 numbers requires no gradient, so 79 of the 81 numbers are trainable."""
    assert_equal(submission.run(report, "trainable"), 79, what='"trainable"')


@pytest.mark.weight(2)
@pytest.mark.needs("total")
def test_shapes(submission):
    """Each parameter has its shape under its first name."""
    expected = {
        "scale": (2,),
        "first.weight": (4, 3),
        "first.bias": (4,),
        "norm.weight": (4,),
        "norm.bias": (4,),
        "block.gain": (),
        "block.0.weight": (4, 4),
        "block.1.1.weight": (4,),
        "block.1.1.bias": (4,),
        "late.weight": (4, 4),
        "late.bias": (4,),
        "head.weight": (2, 4),
        "head.bias": (2,),
    }
    assert_equal(submission.run(report, "shapes"), expected, what='"shapes"')


@pytest.mark.weight(2)
@pytest.mark.needs("total")
def test_tied(submission):
    """One layer has two names; the two norms only hold equal numbers."""
    expected = [("early.bias", "late.bias"), ("early.weight", "late.weight")]
    assert_equal(submission.run(report, "tied"), expected, what='"tied"')


@pytest.mark.weight(2)
@pytest.mark.needs("total")
def test_freeze_one_part(submission):
    """Freezing "a" switches off the gradients of its weight and bias; "a2" and "block.a" keep theirs."""
    assert_equal(frozen_by(submission, "a"), ["a.bias", "a.weight"], what='parameters frozen by "a"')


@pytest.mark.needs("freeze_one_part")
def test_freeze_goes_deep(submission):
    """Freezing "block" freezes all parameters in it, "block.b" those of a part of it, "block.b.0", a ReLU, nothing."""
    deep = ["block.b.1.bias", "block.b.1.weight"]
    all_of_it = ["block.a.bias", "block.a.weight", *deep]
    assert_equal(frozen_by(submission, "block"), all_of_it, what='parameters frozen by "block"')
    assert_equal(frozen_by(submission, "block.b"), deep, what='parameters frozen by "block.b"')
    assert_equal(frozen_by(submission, "block.b.0"), [], what='parameters frozen by "block.b.0"')


@pytest.mark.needs("freeze_one_part")
def test_freeze_by_the_second_name(submission):
    """A layer that is called s1 and s2 is frozen by either name."""
    for prefix in ("s1", "s2"):
        expected = ["s1.bias", "s1.weight"]
        assert_equal(frozen_by(submission, prefix), expected, what=f'parameters frozen by "{prefix}"')


@pytest.mark.needs("freeze_one_part")
def test_freeze_refuses_unknown_names(submission):
    """A name that no submodule has is a KeyError that contains it."""
    assert_raises(KeyError, submission.run, frozen, "decoder", mentions=("decoder",))
