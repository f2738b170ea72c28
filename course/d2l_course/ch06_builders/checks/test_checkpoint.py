"""Public checks of ch06/checkpoint."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn
from torch.nn import functional as F


@probe
def round_trip(module, X, y):
    """Train, save as epoch 12, load into another network: what it holds then, and what it should."""
    import pathlib
    import tempfile

    def make(shift):
        net = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1))
        with torch.no_grad():
            for i, p in enumerate(net.parameters()):
                p.copy_(torch.sin(torch.arange(p.numel()) * (i + 1.0) + shift).reshape(p.shape))
        return net, torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

    net, optimizer = make(0.0)
    for _ in range(4):
        optimizer.zero_grad()
        F.mse_loss(net(X), y).backward()
        optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.02
    other, other_optimizer = make(1.0)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        epoch = module.load_checkpoint(path, other, other_optimizer)
        found = {"epoch": epoch, "type": type(epoch).__name__}
        for name, model in (("wanted", net), ("loaded", other)):
            found[name] = nn.utils.parameters_to_vector(model.parameters()).detach()
            found[name + " buffers"] = torch.cat([b.reshape(-1).double() for b in model.buffers()])
        found["lr"] = other_optimizer.param_groups[0]["lr"]
    return found


@probe
def settings(module):
    """Settings of an optimizer that loads the file of another, which has taken no step yet."""
    import pathlib
    import tempfile

    net = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.02, betas=(0.8, 0.95), weight_decay=0.3)
    other = torch.optim.AdamW(net.parameters(), lr=0.05)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 0)
        module.load_checkpoint(path, net, other)
    group = other.param_groups[0]
    return {"lr": group["lr"], "betas": tuple(group["betas"]), "weight_decay": group["weight_decay"]}


@probe
def loaded_alone(module):
    """Load without an optimizer."""
    import pathlib
    import tempfile

    net, other = nn.Linear(3, 2), nn.Linear(3, 2)
    with torch.no_grad():
        net.weight.copy_(torch.arange(6.0).reshape(2, 3))
        other.weight.zero_()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        epoch = module.load_checkpoint(path, other)
    return epoch, other.weight.detach()


@probe
def resumed(module, X, y, kind):
    """Train 4 steps, save, train 4 more; load into another network, train that 4 more. Both sets of parameters."""
    import pathlib
    import tempfile

    def make(shift):
        net = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1))
        with torch.no_grad():
            for i, p in enumerate(net.parameters()):
                p.copy_(torch.sin(torch.arange(p.numel()) * (i + 1.0) + shift).reshape(p.shape))
        if kind == "Adam":
            return net, torch.optim.Adam(net.parameters(), lr=0.05)
        return net, torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

    def train(net, optimizer):
        for _ in range(4):
            optimizer.zero_grad()
            F.mse_loss(net(X), y).backward()
            optimizer.step()
        return nn.utils.parameters_to_vector(net.parameters()).detach()

    net, optimizer = make(0.0)
    train(net, optimizer)
    other, other_optimizer = make(1.0)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 4)
        module.load_checkpoint(path, other, other_optimizer)
    return {"never stopped": train(net, optimizer), "resumed": train(other, other_optimizer)}


@probe
def files(module):
    """The files after saving; what torch says to each; the epoch from the file, moved to another folder."""
    import pathlib
    import tempfile

    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
        path, moved = str(pathlib.Path(folder) / "net.ckpt"), str(pathlib.Path(elsewhere) / "moved.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        names = sorted(file.name for file in pathlib.Path(folder).iterdir())
        try:
            torch.load(path, weights_only=True)
            said = "it can be read"
        except Exception as error:
            said = type(error).__name__
        epoch = None
        if names == ["net.ckpt"] and said == "it can be read":
            pathlib.Path(path).replace(moved)
            epoch = module.load_checkpoint(moved, net, optimizer)
    return {"names": names, "said": said, "epoch": epoch}


@probe
def saved_twice(module):
    """The epoch from a file that was saved twice."""
    import pathlib
    import tempfile

    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        with torch.no_grad():
            net.bias.fill_(3.0)
        module.save_checkpoint(path, net, optimizer, 13)
        other = nn.Linear(3, 2)
        return module.load_checkpoint(path, other), other.bias.detach()


@probe
def missing(module):
    """Load from a file that does not exist."""
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return module.load_checkpoint(str(pathlib.Path(folder) / "net.ckpt"), nn.Linear(3, 2))


@probe
def loaded_into(module, sizes):
    """Save a network of one layer, 3 to 2, and load it into one of other sizes."""
    import pathlib
    import tempfile

    net = nn.Sequential(nn.Linear(3, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    layers = [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        return module.load_checkpoint(path, nn.Sequential(*layers))


@probe
def left_alone(module, mode, alone):
    """Modes, flags and gradients of a model in a mode after saving, of one after loading, with or without an optimizer.

    Also whether its parameter objects are the same, and whether the random generator is where it was before loading,
    or where it was when saving.
    """
    import pathlib
    import tempfile

    def make():
        net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).train(mode)
        net[0].bias.requires_grad_(False)
        return net, torch.optim.SGD(net.parameters(), lr=0.1)

    def told(net):
        return [m.training for m in net.modules()] + [p.requires_grad for p in net.parameters()]

    net, optimizer = make()
    other, other_optimizer = make()
    objects = list(other.parameters())
    net(torch.ones(4, 3).cumsum(0)).square().sum().backward()
    gradients = [p.grad.clone() for p in net.parameters() if p.requires_grad]
    states = [torch.get_rng_state()]
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 3)
        torch.rand(5)
        states.append(torch.get_rng_state())
        module.load_checkpoint(path, other, *([] if alone else [other_optimizer]))
    now = torch.get_rng_state()
    kept = [p.grad for p in net.parameters() if p.requires_grad]
    return {
        "saved": told(net), "loaded": told(other),
        "same": all(a is b for a, b in zip(objects, other.parameters(), strict=True)),
        "gradients": all(g is not None and torch.equal(g, old) for g, old in zip(kept, gradients, strict=True)),
        "random": any(torch.equal(now, state) for state in states),
    }  # fmt: skip


def batch(rng):
    return rng.normal(8, 3), rng.normal(8, 1)


@pytest.mark.weight(3)
def test_loads_what_was_saved(submission, rng):
    """Another network gets the saved one's parameters, and load_checkpoint returns its epoch, 12."""
    found = submission.run(round_trip, *batch(rng))
    assert_equal((found["epoch"], found["type"]), (12, "int"), what="epoch and its type")
    assert_close(found["loaded"], found["wanted"], rtol=1e-6, atol=1e-7, what="parameters of the network loaded into")


@pytest.mark.weight(2)
@pytest.mark.needs("loads_what_was_saved")
def test_buffers_come_back(submission, rng):
    """The running means and variances of batch normalization come back, too."""
    found = submission.run(round_trip, *batch(rng))
    assert_close(found["loaded buffers"], found["wanted buffers"], what="buffers of the network loaded into")


@pytest.mark.weight(3)
@pytest.mark.needs("loads_what_was_saved")
def test_goes_on_as_if_never_stopped(submission, rng):
    """Four steps, save, load, four steps give what eight steps give, for SGD with momentum and for Adam."""
    X, y = batch(rng)
    for kind in ("SGD with momentum", "Adam"):
        found = submission.run(resumed, X, y, kind)
        what = f"parameters with {kind}, four steps after loading"
        assert_close(found["resumed"], found["never stopped"], what=what)


@pytest.mark.needs("loads_what_was_saved")
def test_optimizer_settings_come_back(submission, rng):
    """An optimizer gets the saved one's learning rate and all other settings, also those from before the first step."""
    assert_close(submission.run(round_trip, *batch(rng))["lr"], 0.02, what="learning rate after loading")
    found = submission.run(settings)
    for name, wanted in (("lr", 0.02), ("betas", (0.8, 0.95)), ("weight_decay", 0.3)):
        assert_close(found[name], wanted, what=f"AdamW's {name} after loading")


@pytest.mark.needs("loads_what_was_saved")
def test_loads_without_an_optimizer(submission):
    """load_checkpoint(path, model) fills the model alone."""
    epoch, weight = submission.run(loaded_alone)
    assert_equal(epoch, 12, what="epoch")
    assert_close(weight.flatten(), weight.new_tensor([0, 1, 2, 3, 4, 5]), what="weight after loading, row by row")


@pytest.mark.weight(2)
@pytest.mark.needs("loads_what_was_saved")
def test_one_file_of_plain_data(submission):
    """Everything is in the one file asked for; torch.load(path, weights_only=True) reads it, and it can be moved."""
    found = submission.run(files)
    assert_equal(found["names"], ["net.ckpt"], what="names of the files after saving net.ckpt")
    assert_equal(found["said"], "it can be read", what="answer of torch.load(path, weights_only=True)")
    assert_equal(found["epoch"], 12, what="epoch from the file after it was moved to another folder")


@pytest.mark.needs("loads_what_was_saved")
def test_saving_again_overwrites(submission):
    """The second save to a path counts."""
    epoch, bias = submission.run(saved_twice)
    assert_equal(epoch, 13, what="epoch")
    assert_close(bias, bias.new_full((2,), 3.0), what="bias after loading")


@pytest.mark.needs("loads_what_was_saved")
def test_missing_file(submission):
    """A file that does not exist is a FileNotFoundError."""
    assert_raises(FileNotFoundError, submission.run, missing)


@pytest.mark.needs("loads_what_was_saved")
def test_model_does_not_fit(submission):
    """A layer of another size, and a layer that the file knows nothing of, are a RuntimeError."""
    for sizes in ((3, 4), (3, 2, 2)):
        assert_raises(RuntimeError, submission.run, loaded_into, sizes)


@pytest.mark.needs("loads_what_was_saved")
def test_modes_and_objects_stay(submission):
    """Saving and loading leave training mode, frozen parameters, gradients and the parameter objects as they are."""
    for mode, alone in ((True, False), (False, False), (True, True), (False, True)):
        found = submission.run(left_alone, mode, alone)
        expected = [mode] * 3 + [True, False, True, True]
        assert_equal(found["saved"], expected, what="modes and requires_grad after saving")
        assert_equal(found["loaded"], expected, what="modes and requires_grad after loading")
        assert_equal(found["same"], True, what="parameter objects, the same as before?")
        assert_equal(found["gradients"], True, what="gradients after saving, the same as before?")
        assert_equal(found["random"], True, what="state of the random generator, as before loading or as when saving?")
