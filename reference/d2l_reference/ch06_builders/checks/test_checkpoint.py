"""Hidden checks of ch06/checkpoint."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn
from torch.nn import functional as F


@probe
def trained(module, X, y, before, after, kind, stop):
    """Parameters and buffers of a run, in float64: of one that never stopped, or of one that was saved and loaded.

    The optimizer has two groups of parameters, and their learning rates are changed before the stop.
    """
    import pathlib
    import tempfile

    def make(shift):
        net = nn.Sequential(nn.Linear(X.shape[1], 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1)).double()
        with torch.no_grad():
            for i, p in enumerate(net.parameters()):
                p.copy_(torch.sin(torch.arange(p.numel()) * (i + 1.0) + shift).reshape(p.shape))
        groups = [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[1:].parameters()}]
        if kind == "AdamW":
            return net, torch.optim.AdamW(groups, lr=0.03, amsgrad=True)
        return net, torch.optim.SGD(groups, lr=0.03, momentum=0.8, nesterov=True)

    def train(net, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            F.mse_loss(net(X), y).backward()
            optimizer.step()

    def held(net):
        return torch.cat([t.reshape(-1).double() for t in net.state_dict().values()])

    net, optimizer = make(0.0)
    train(net, optimizer, before)
    for group in optimizer.param_groups:
        group["lr"] *= 0.5
    if not stop:
        train(net, optimizer, after)
        return held(net)
    other, other_optimizer = make(1.0)
    train(other, other_optimizer, 1)  # it has a past of its own, which is to be forgotten
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "run")
        module.save_checkpoint(path, net, optimizer, before)
        train(net, optimizer, after)  # the file must not know of it
        epoch = module.load_checkpoint(path, other, other_optimizer)
    train(other, other_optimizer, after)
    return epoch, held(other)


@probe
def path_kinds(module, name):
    """Epochs from a file whose path is a Path, saved; and a text, loaded; and the other way round; the names."""
    import pathlib
    import tempfile

    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with tempfile.TemporaryDirectory() as folder:
        text = str(pathlib.Path(folder) / name)
        module.save_checkpoint(pathlib.Path(text), net, optimizer, 5)
        first = module.load_checkpoint(text, net)
        module.save_checkpoint(text, net, optimizer, 6)
        second = module.load_checkpoint(pathlib.Path(text), net)
        return first, second, [file.name for file in pathlib.Path(folder).iterdir()]


@probe
def trapped(module):
    """Whether a file that would make a folder while it is loaded does so."""
    import contextlib
    import os
    import pathlib
    import tempfile

    class Trap:
        def __init__(self, folder):
            self.folder = folder

        def __reduce__(self):
            return os.mkdir, (self.folder,)

    with tempfile.TemporaryDirectory() as folder:
        path, trap = pathlib.Path(folder) / "net.ckpt", pathlib.Path(folder) / "trap"
        torch.save([Trap(str(trap)), nn.Linear(3, 2).state_dict(), 3], path)
        with contextlib.suppress(Exception):  # how it is refused is the submission's affair
            module.load_checkpoint(path, nn.Linear(3, 2))
        return trap.is_dir()


@probe
def loaded_into(module, saved, wanted):
    """Save a network of some sizes and load it into one of others; None as a size is a batch normalization."""
    import pathlib
    import tempfile

    def make(sizes):
        return nn.Sequential(*[nn.Linear(n, n) if n else nn.BatchNorm1d(3, affine=False) for n in sizes])

    net = make(saved)
    optimizer = torch.optim.SGD(list(net.parameters()), lr=0.1)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "net.ckpt")
        module.save_checkpoint(path, net, optimizer, 12)
        return module.load_checkpoint(path, make(wanted))


@pytest.mark.weight(4)
@pytest.mark.needs("loads_what_was_saved")
def test_any_run_goes_on(submission, rng):
    """Optimizers with two groups of parameters and learning rates that have changed go on as if never stopped."""
    cases = []
    never_stopped = submission.pristine()  # where the submission has no say
    for kind in ("SGD", "AdamW"):
        n, before, after = rng.integers(2, 6), rng.integers(2, 5), rng.integers(2, 5)
        X, y = rng.normal(9, n, dtype=torch.float64, mean=1.0), rng.normal(9, 1, dtype=torch.float64)
        case = (X, y, before, after, kind)
        cases.append((case, never_stopped.run(trained, *case, stop=False)))
    for case, expected in cases:
        epoch, found = submission.run(trained, *case, stop=True)
        assert_equal(epoch, case[2], what="epoch")
        assert_close(found, expected, what="parameters and buffers some steps after loading")


@pytest.mark.needs("one_file_of_plain_data")
def test_paths_of_both_kinds(submission, rng):
    """A path may be a text or a Path, with any suffix or none."""
    for name in ("net", f"run-{rng.integers(1, 99)}.tar", "a.b.pt"):
        assert_equal(submission.run(path_kinds, name), (5, 6, [name]), what="two epochs, and the files' names")


@pytest.mark.needs("one_file_of_plain_data")
def test_files_run_no_code(submission):
    """A file from a stranger cannot run code when it is loaded."""
    assert_equal(submission.run(trapped), False, what="code in the file, run?")


@pytest.mark.needs("model_does_not_fit")
def test_any_misfit_is_refused(submission, rng):
    """More in the file than in the model, or less, or buffers only on one side, are a RuntimeError."""
    n = rng.integers(2, 6)
    for saved, wanted in (((n, n), (n,)), ((n,), (n, n)), ((3,), (3, None)), ((3, None), (3,)), ((n,), (n + 1,))):
        assert_raises(RuntimeError, submission.run, loaded_into, saved, wanted)
