"""Public checks of ch13/data_parallel_scratch."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe


@probe
def replicate(module, params, count):
    """Make replicas, write into the first, and look at all of them."""
    originals = [p.requires_grad_() for p in params]
    replicas = module.get_params(originals, ["cpu"] * count)
    before = [[p.detach().clone() for p in replica] for replica in replicas]
    trained = [(p.requires_grad, p.is_leaf) for replica in replicas for p in replica]
    with torch.no_grad():
        for p in replicas[0]:
            p.fill_(99.0)
    return before, [[p.detach() for p in replica] for replica in replicas[1:]], [p.detach() for p in originals], trained


@probe
def reduce_all(module, data):
    """Reduce a list in place; then write into the first tensor."""
    kept = list(data)
    module.allreduce(data)
    sums = [tensor.clone() for tensor in kept]
    kept[0].fill_(99.0)
    return sums, kept[1:]


@probe
def train(module, batches, params, count, lr):
    """Take a step with each batch; returns the losses and all replicas."""
    devices = ["cpu"] * count
    # Made here, such that a step does not depend on get_params.
    replicas = [[p.clone().requires_grad_() for p in params] for _ in devices]
    losses = [float(module.train_batch(X, y, replicas, devices, lr)) for X, y in batches]
    return losses, [[p.detach() for p in replica] for replica in replicas]


def draw_params(rng, inputs=3, hidden=5, outputs=4, dtype=torch.float64):
    shapes = [(inputs, hidden), (hidden,), (hidden, outputs), (outputs,)]
    return [rng.normal(*shape, dtype=dtype) for shape in shapes]


def draw_batch(rng, size, inputs=3, outputs=4, dtype=torch.float64):
    return rng.normal(size, inputs, dtype=dtype), rng.integers(0, outputs, size)


def single_device(batches, params, lr):
    """Plain gradient descent on whole batches."""
    losses = []
    for X, y in batches:
        params = [p.detach().requires_grad_() for p in params]
        W1, b1, W2, b2 = params
        loss = F.cross_entropy(torch.relu(X @ W1 + b1) @ W2 + b2, y)
        loss.backward()
        losses.append(loss.item())
        params = [p.detach() - lr * p.grad for p in params]
    return losses, params


@pytest.mark.weight(2)
def test_replicas_are_independent(submission, rng):
    """Each replica has the parameters' values and memory of its own, on one device as well."""
    params = draw_params(rng)
    before, others, originals, trained = submission.run(replicate, params, 3)
    assert_close(before, [params] * 3, what="list of replicas")
    assert_close(others, [params] * 2, what="list of the other replicas after writing into the first")
    assert_close(originals, params, what="list of parameters after writing into a replica")
    assert_equal(trained, [(True, True)] * 12, what="list of whether each requires gradients and is a leaf")


@pytest.mark.weight(2)
@pytest.mark.needs("replicas_are_independent")
def test_all_become_the_sum(submission):
    """Of three tensors, each becomes the sum of all, in place, and stays a tensor of its own."""
    data = [torch.tensor([[1.0, 2.0]]) * 10**i for i in range(3)]
    sums, others = submission.run(reduce_all, data)
    assert_close(sums, [torch.tensor([[111.0, 222.0]])] * 3, what="list of tensors")
    assert_close(others, [torch.tensor([[111.0, 222.0]])] * 2, what="list of the others after writing into the first")


@pytest.mark.weight(2)
def test_shares_of_a_batch(submission, rng):
    """Eight examples on three devices: 3, 3 and 2, in their order, each with its label."""
    X, y = rng.normal(8, 2), torch.arange(1, 9)
    Xs, ys = submission.split_batch(X, y, ["cpu"] * 3)
    assert_close(list(Xs), [X[:3], X[3:6], X[6:]], what="list of shares of X")
    assert_close(list(ys), [y[:3], y[3:6], y[6:]], what="list of shares of y")


@pytest.mark.weight(2)
def test_a_step_like_that_of_one_device(submission, rng):
    """Two devices with equal shares get what one gets on the whole batch, and the batch's mean loss."""
    params, batch = draw_params(rng), draw_batch(rng, 6)
    losses, expected = single_device([batch], params, 0.5)
    found, replicas = submission.run(train, [batch], params, 2, 0.5)
    assert_close(found, losses, what="list of losses")
    assert_close(replicas, [expected] * 2, what="list of replicas")


@pytest.mark.weight(2)
@pytest.mark.needs("a_step_like_that_of_one_device")
def test_uneven_shares(submission, rng):
    """Shares of 3, 2 and 2 examples: every example weighs the same, in the loss and in the step."""
    params, batch = draw_params(rng), draw_batch(rng, 7)
    losses, expected = single_device([batch], params, 0.5)
    found, replicas = submission.run(train, [batch], params, 3, 0.5)
    assert_close(replicas, [expected] * 3, what="list of replicas")
    assert_close(found, losses, what="list of losses")


@pytest.mark.needs("a_step_like_that_of_one_device")
def test_a_second_step(submission, rng):
    """Nothing of the first step's gradients is left in the second."""
    params, batches = draw_params(rng), [draw_batch(rng, 4), draw_batch(rng, 6)]
    losses, expected = single_device(batches, params, 0.5)
    found, replicas = submission.run(train, batches, params, 2, 0.5)
    assert_close(replicas, [expected] * 2, what="list of replicas")
    assert_close(found, losses, what="list of losses")


@pytest.mark.needs("shares_of_a_batch", "uneven_shares")
def test_refuses_more_devices_than_examples(submission, rng):
    """A device without an example is a ValueError that names both numbers."""
    X, y = draw_batch(rng, 2)
    assert_raises(ValueError, submission.split_batch, X, y, ["cpu"] * 5, mentions=("2", "5"))
    assert_raises(ValueError, submission.run, train, [(X, y)], draw_params(rng), 5, 0.5)
    assert_shape(submission.split_batch(X, y, ["cpu"] * 2)[0][1], (1, 3), what="share of one example")
