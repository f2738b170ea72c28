"""Public checks of ch13/sync_free_training."""

import math

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def epoch(module, weight, X, y, batch_size, log_every):
    """What an epoch reports, the trained weight, and how often Python read a tensor's value, by the way of reading."""
    from torch.overrides import TorchFunctionMode

    reading = {"item", "float", "int", "bool", "index", "tolist", "numpy", "cpu", "repr", "format", "complex", "array"}
    reading |= {"is_nonzero", "equal", "allclose", "contains", "str"}

    reads = {}

    class Reads(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            name = getattr(function, "__name__", "").strip("_")
            if name in reading or name == "isnan":  # which is no reading, but shows what is read
                reads[name] = reads.get(name, 0) + 1
            return function(*args, **(kwargs or {}))

    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    net.weight.data.copy_(weight)
    net.eval()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    with Reads():
        report = module.train_epoch(net, optimizer, X, y, batch_size, log_every)
    return report, net.weight.detach(), reads, net.training


@probe
def graphs_alive(module, weight, X, y, batch_size, log_every):
    """How many steps' graphs are alive when a step begins, at most; and the loss."""
    import weakref

    class Token:
        pass

    tokens, alive = [], []

    class Marked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            alive.append(sum(token() is not None for token in tokens))
            ctx.token = Token()
            tokens.append(weakref.ref(ctx.token))
            return x * 1.0

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 1.0

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(weight.clone())

        def forward(self, x):
            return Marked.apply(x @ self.weight.T)

    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    report = module.train_epoch(net, optimizer, X, y, batch_size, log_every)
    return max(alive), report["loss"]


def number_of(reads):
    return sum(count for name, count in reads.items() if name != "isnan")


def trained(weight, X, y, batch_size, log_every):
    """The same epoch in plain steps: the report and the weight."""
    weight, total, correct, seen, norm, log = weight.clone(), 0.0, 0, 0, 0.0, []
    for step, (inputs, labels) in enumerate(zip(X.split(batch_size), y.split(batch_size), strict=True), start=1):
        weight.requires_grad_()
        logits = inputs @ weight.T
        loss = F.cross_entropy(logits, labels)
        (gradient,) = torch.autograd.grad(loss, weight)
        weight = (weight - 0.5 * gradient).detach()
        total += loss.item() * len(labels)
        correct += (logits.argmax(1) == labels).sum().item()
        seen += len(labels)
        norm = max(norm, gradient.norm().item())
        if step % log_every == 0:
            log.append(total / seen)
    return {"loss": total / seen, "accuracy": correct / seen, "grad_norm_max": norm, "log": log}, weight


def draw(rng, n, width=5, classes=3):
    weight, X = rng.normal(classes, width, dtype=torch.float64), rng.normal(n, width, dtype=torch.float64)
    return weight, X, (X @ rng.normal(width, classes, dtype=torch.float64)).argmax(1)


@pytest.mark.observed
@pytest.mark.weight(2)
def test_few_values_are_read(submission, rng):
    """In 40 steps with 4 log points, Python reads at most 20 values; and the loss is right."""
    weight, X, y = draw(rng, 160)
    report, _, reads, _ = submission.run(epoch, weight, X, y, 4, 10)
    assert_close(report["loss"], trained(weight, X, y, 4, 10)[0]["loss"], what="loss")
    number = number_of(reads)
    assert number <= 20, (
        f"{number} values were read by Python in 40 steps with 4 log points; 4 for each and 4 are allowed"
    )


@pytest.mark.weight(3)
@pytest.mark.needs("few_values_are_read")
def test_the_report_is_the_same(submission, rng):
    """Loss, accuracy, largest gradient norm and log are those of the given program, and so are the parameters."""
    weight, X, y = draw(rng, 96)
    report, after, _, _ = submission.run(epoch, weight, X, y, 8, 3)
    expected, trained_weight = trained(weight, X, y, 8, 3)
    assert_close(report, expected, what="report")
    assert_close(after, trained_weight, what="parameters after the epoch")


@pytest.mark.weight(2)
@pytest.mark.needs("the_report_is_the_same")
def test_a_short_last_batch(submission, rng):
    """Every input counts the same, also those of a last batch that is shorter; steps after the last log point too."""
    weight, X, y = draw(rng, 25)
    report, after, _, _ = submission.run(epoch, weight, X, y, 8, 3)
    expected, trained_weight = trained(weight, X, y, 8, 3)
    assert_close(report, expected, what="report")
    assert_close(after, trained_weight, what="parameters after the epoch")


@pytest.mark.weight(2)
@pytest.mark.needs("the_report_is_the_same")
def test_nan_is_noticed(submission, rng):
    """A NaN in one step is a FloatingPointError at the next log point, or at the end if there is none."""
    weight, X, y = draw(rng, 80)
    X[27, 1] = math.nan
    assert_raises(FloatingPointError, submission.run, epoch, weight, X, y, 4, 10)
    assert_raises(FloatingPointError, submission.run, epoch, weight, X, y, 4, 30)


@pytest.mark.observed
@pytest.mark.needs("the_report_is_the_same")
def test_no_graph_is_kept(submission, rng):
    """When a step begins, at most the graph of the step before is still alive."""
    weight, X, y = draw(rng, 120)
    alive, loss = submission.run(graphs_alive, weight, X, y, 4, 10)
    assert_close(loss, trained(weight, X, y, 4, 10)[0]["loss"], what="loss")
    assert alive <= 2, f"{alive} graphs of earlier steps are still alive when a step begins"


@pytest.mark.needs("the_report_is_the_same")
def test_the_model_is_in_training_mode(submission, rng):
    """The model is put into training mode, as in the given program."""
    weight, X, y = draw(rng, 24)
    report, _, _, mode = submission.run(epoch, weight, X, y, 4, 2)
    assert_close(report, trained(weight, X, y, 4, 2)[0], what="report")
    assert_equal(mode, True, what="model.training after the epoch")


@probe
def waits_on_a_gpu(module, weight, X, y, batch_size, log_every):
    """How often Python waited for the GPU in an epoch, as torch warns of it; and the loss."""
    import warnings

    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    net.weight.data.copy_(weight)
    net.cuda()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    X, y = X.cuda(), y.cuda()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            report = module.train_epoch(net, optimizer, X, y, batch_size, log_every)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(each.message) for each in warned), report["loss"]


@pytest.mark.needs_gpu
@pytest.mark.observed
@pytest.mark.needs("few_values_are_read")
def test_few_waits(submission, rng):
    """On a GPU: in 40 steps with 4 log points Python waits for it at most 20 times."""
    weight, X, y = draw(rng, 160)
    waits, loss = submission.run(waits_on_a_gpu, weight, X, y, 4, 10)
    assert_close(loss, trained(weight, X, y, 4, 10)[0]["loss"], what="loss")
    assert waits <= 20, (
        f"Python waited {waits} times for the GPU in 40 steps with 4 log points; 4 for each and 4 are allowed. "
        "An index that is a mask, nonzero() and a copy to the CPU wait, too."
    )
