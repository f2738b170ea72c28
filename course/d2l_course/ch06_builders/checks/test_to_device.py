"""Public checks of ch06/to_device."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe
from torch import nn


@probe
def moved(module, x):
    """What becomes of a nested structure that moves to the meta device."""
    t = torch.ones(2) * x
    old = {"a": t, "b": [t, (t, "text", 3)], "c": None, "d": ("text", [t])}
    new = module.to_device(old, "meta")
    one = module.to_device(t, torch.device("meta"))
    return {
        "one": str(one.device), "a": str(new["a"].device), "b": str(new["b"][0].device),
        "c": str(new["b"][1][0].device), "d": str(new["d"][1][0].device),
        "rest": [new["b"][1][1], new["b"][1][2], new["c"]],
        "types": [type(new).__name__, type(new["b"]).__name__, type(new["b"][1]).__name__],
        "old": [str(old["a"].device), str(old["b"][0].device), str(old["b"][1][0].device)], "value": t,
    }  # fmt: skip


@probe
def compared(module):
    """Answers of same_device: tensors, nested, modules, none."""
    a, b = torch.ones(2), torch.ones(2, device="meta")
    same = module.same_device
    layer = nn.Linear(2, 2, device="meta")
    return [
        same(a, a), same(a, b), same([a, {"k": (a, b)}]), same([b, {"k": (b,)}], b), same(layer, b), same(layer, a),
        same(), same(3, "x", [None]),
    ]  # fmt: skip


@probe
def named(module):
    """The class of a namedtuple that has moved, and where its fields are."""
    import collections

    Point = collections.namedtuple("Point", ["x", "y"])
    new = module.to_device(Point(torch.ones(2), y=[torch.ones(1)]), "meta")
    return type(new).__name__, [str(new[0].device), str(new[1][0].device)]


@probe
def dictionaries(module):
    """Classes of an OrderedDict and a defaultdict that have moved, their keys and devices, and the latter's factory."""
    import collections

    ordered = module.to_device(collections.OrderedDict(b=torch.ones(2), a=[torch.ones(1)]), "meta")
    default = module.to_device(collections.defaultdict(list, x=torch.ones(2)), "meta")
    return {
        "ordered": [type(ordered).__name__, list(ordered), [str(ordered["b"].device), str(ordered["a"][0].device)]],
        "default": [type(default).__name__, list(default), [str(default["x"].device)]],
        "factory": getattr(default, "default_factory", None) is list,
    }  # fmt: skip


@probe
def network(module):
    """Whether a module is returned itself, and where its parameters and buffers are."""
    layer = nn.BatchNorm1d(2)
    same = module.to_device([layer], "meta")[0] is layer
    return same, sorted({str(t.device) for t in [*layer.parameters(), *layer.buffers()]})


@probe
def scattered(module):
    """Answers of same_device for modules of which only a buffer, or only the bias, is elsewhere."""
    buffer_away, bias_away = nn.BatchNorm1d(3), nn.Linear(2, 2)
    buffer_away.running_var = buffer_away.running_var.to("meta")
    bias_away.bias = nn.Parameter(bias_away.bias.to("meta"))
    return [module.same_device(buffer_away), module.same_device(bias_away)]


@probe
def gpu_beyond(module, i):
    device = module.try_gpu(torch.cuda.device_count() + i if i >= 0 else i)
    return isinstance(device, torch.device), str(device)


@probe
def comes_back(module):
    """Whether objects that are neither tensors nor modules nor containers come back themselves, from a move."""

    class Movable:
        def to(self, device):
            return "moved"

    values = [Movable(), {1, 2}, frozenset({3}), "text"]
    return [new is old for new, old in zip(module.to_device(values, "meta"), values, strict=True)]


@pytest.mark.weight(2)
def test_moves_tensors_at_any_depth(submission):
    """Tensors in a dict, a list and a tuple move to the other device; other values come back as they are."""
    found = submission.run(moved, 3.0)
    where = [found["one"], found["a"], found["b"], found["c"]]
    assert_equal(where, ["meta"] * 4, what="devices of a tensor alone, in a dict, in a list, in a tuple")
    assert_equal(found["d"], "meta", what="device of a tensor in a list in a tuple without tensors of its own")
    assert_equal(found["rest"], ["text", 3, None], what="the other values")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_containers_keep_their_types(submission):
    """A dict stays a dict, a list a list, a tuple a tuple; those of the caller do not change."""
    found = submission.run(moved, 3.0)
    assert_equal(found["types"], ["dict", "list", "tuple"], what="types of the containers")
    assert_equal(found["old"], ["cpu"] * 3, what="devices in the caller's containers")
    assert_close(found["value"], torch.tensor([3.0, 3.0]), what="tensor of the caller")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_special_dicts_keep_their_types(submission):
    """An OrderedDict and a defaultdict stay such, with their keys in order and the default_factory."""
    found = submission.run(dictionaries)
    ordered, default = ["OrderedDict", ["b", "a"], ["meta", "meta"]], ["defaultdict", ["x"], ["meta"]]
    assert_equal(found["ordered"], ordered, what="OrderedDict's (class, keys, devices)")
    assert_equal(found["default"], default, what="defaultdict's (class, keys, devices)")
    assert_equal(found["factory"], True, what="answer to 'is the default_factory the same?'")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_namedtuples_keep_their_type(submission):
    """A namedtuple stays one of its class, and its fields move."""
    assert_equal(submission.run(named), ("Point", ["meta", "meta"]), what="(class, devices of the fields)")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_modules_move(submission):
    """A module moves with its parameters and buffers, and is returned itself."""
    assert_equal(submission.run(network), (True, ["meta"]), what="(the module itself is returned, its devices)")


@pytest.mark.weight(2)
def test_same_device(submission):
    """same_device looks into containers and modules, and is true for no tensors."""
    expected = [True, False, False, True, True, False, True, True]
    assert_equal(submission.run(compared), expected, what="answers for eight groups of objects")


@pytest.mark.needs("same_device")
def test_all_of_a_module_counts(submission):
    """same_device is false if only one buffer, or only one parameter, of a module is elsewhere."""
    assert_equal(submission.run(scattered), [False, False], what="answers for (one buffer, one parameter) elsewhere")


@pytest.mark.needs("moves_tensors_at_any_depth", "same_device")
def test_no_such_gpu(submission):
    """For a GPU that the machine does not have, also number -1, try_gpu returns the CPU, as a torch.device."""
    for i in (0, 1, 50, -1):
        assert_equal(submission.run(gpu_beyond, i), (True, "cpu"), what="(is a torch.device, its name)")


@pytest.mark.needs("moves_tensors_at_any_depth")
def test_other_values_come_back(submission):
    """Sets, texts, and objects that have a method `to` come back themselves."""
    what = "answers to 'does it come back itself?' for an object with `to`, a set, a frozenset, a text"
    assert_equal(submission.run(comes_back), [True] * 4, what=what)
