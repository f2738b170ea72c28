"""Hidden checks of ch06/to_device."""

import pytest
import torch
from d2l_kit.checks import assert_equal, probe
from torch import nn


@probe
def special(module):
    """A namedtuple, a module and empty containers move."""
    import collections

    Pair = collections.namedtuple("Pair", ["left", "right"])
    new = module.to_device([Pair(torch.ones(2), [torch.ones(1)]), (), {}], "meta")
    pair = new[0]
    layer = nn.BatchNorm1d(2)
    same = module.to_device({"net": layer}, "meta")["net"] is layer
    where = {str(t.device) for t in [*layer.parameters(), *layer.buffers()]}
    return {
        "type": type(pair) is Pair, "left": str(pair.left.device), "right": str(pair.right[0].device),
        "rest": new[1:], "layer": same, "where": sorted(where),
    }  # fmt: skip


@probe
def stays(module):
    """Whether tensors and values that are there already come back themselves, in new containers."""
    t, other = torch.ones(2), object()
    old = {"a": [t, other], "b": (t,)}
    new = module.to_device(old, "cpu")
    return [new["a"][0] is t, new["b"][0] is t, new["a"][1] is other, new is not old, new["a"] is not old["a"]]


@probe
def emptied(module):
    """Whether empty containers are made anew."""
    old = {"list": [], "dict": {}}
    new = module.to_device(old, "cpu")
    none, nothing = [], {}
    return [
        new["list"] is not old["list"], new["dict"] is not old["dict"],
        module.to_device(none, "cpu") is not none, module.to_device(nothing, "cpu") is not nothing,
    ]  # fmt: skip


@probe
def in_the_graph(module):
    """Whether moved tensors still belong to their graph: a leaf's, and a result's."""
    leaf = torch.ones(2, requires_grad=True)
    new = module.to_device([leaf, 2 * leaf], "meta")
    return [t.requires_grad and t.grad_fn is not None for t in new]


@probe
def modules_compared(module):
    """A module's buffer alone is elsewhere; so is one parameter; or nothing is."""
    same = module.same_device
    buffer_away, weight_away = nn.BatchNorm1d(3), nn.Linear(2, 2)
    buffer_away.running_mean = buffer_away.running_mean.to("meta")
    weight_away.bias = nn.Parameter(weight_away.bias.to("meta"))
    return [same((1, [buffer_away])), same({"n": [weight_away]}), same(nn.BatchNorm1d(3), nn.Linear(2, 2))]


@probe
def pretended(module, i, count):
    """try_gpu on a machine that says it has `count` GPUs."""
    torch.cuda.device_count = lambda: count
    torch.cuda.is_available = lambda: count > 0
    return str(module.try_gpu(i)), str(module.try_gpu())


@pytest.mark.weight(2)
@pytest.mark.needs("moves_tensors_at_any_depth")
def test_namedtuples_and_modules_in_containers(submission):
    """Namedtuples, modules and empty containers move inside of others."""
    found = submission.run(special)
    assert_equal(found["type"], True, what="the namedtuple's type is kept")
    assert_equal([found["left"], found["right"]], ["meta", "meta"], what="devices in the namedtuple")
    assert_equal(found["rest"], [(), {}], what="empty containers")
    assert_equal(found["layer"], True, what="the module itself is returned")
    assert_equal(found["where"], ["meta"], what="devices of the module's tensors")


@pytest.mark.weight(2)
@pytest.mark.needs("containers_keep_their_types")
def test_nothing_is_copied_that_is_there(submission):
    """A tensor that is on the device already is returned itself; containers are new."""
    assert_equal(submission.run(stays), [True] * 5, what="(same tensors, same values, new containers)")
    assert_equal(submission.run(emptied), [True] * 4, what="answers to 'are empty lists and dicts made anew?'")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_gradients_flow_through_the_move(submission):
    """A tensor that moves stays in its graph."""
    assert_equal(submission.run(in_the_graph), [True, True], what="answers to 'is it in the graph?'")


@pytest.mark.weight(2)
@pytest.mark.needs("same_device")
def test_modules_in_containers_count(submission):
    """A buffer or a parameter elsewhere is noticed in any container, and several modules on one device agree."""
    assert_equal(submission.run(modules_compared), [False, False, True], what="answers for three modules")


@pytest.mark.observed
@pytest.mark.needs("no_such_gpu")
def test_gpus_count_from_zero(submission):
    """On a machine with two GPUs, 0 and 1 exist and 2 does not."""
    answers = [submission.run(pretended, i, 2) for i in range(3)]
    expected = [("cuda:0", "cuda:0"), ("cuda:1", "cuda:0"), ("cpu", "cuda:0")]
    assert_equal(answers, expected, what="(try_gpu(i), try_gpu()) for i = 0, 1, 2")
