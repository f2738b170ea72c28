"""Public checks of ch06/data_parallel_grads."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def step(module, w, b, X, y, k, lr):
    """A step of linear regression; grad_fn differentiates the mean squared error by hand."""
    params, shards = [w, b], []

    def grad_fn(params, X, y):
        shards.append(len(X))
        residuals = X @ params[0] + params[1] - y
        return [2 * X.T @ residuals / len(X), 2 * residuals.mean()]

    new = module.data_parallel_step(params, X, y, k, lr, grad_fn)
    return {"new": list(new), "params": params, "shards": shards}


@probe
def step_by_autograd(module, w, X, y, k, lr):
    """A step in which grad_fn differentiates with autograd; and whether it could, each time."""
    recorded = []

    def grad_fn(params, X, y):
        leaf = params[0].detach().clone().requires_grad_()
        loss = (X @ leaf - y).square().mean()
        recorded.append(loss.requires_grad)
        return list(torch.autograd.grad(loss, [leaf])) if loss.requires_grad else [torch.zeros_like(leaf)]

    new = module.data_parallel_step([w], X, y, k, lr, grad_fn)
    return {"new": [p.detach() for p in new], "recorded": all(recorded)}


@probe
def reduce_and_write(module, grads, sizes):
    """The second replica's result after the first wrote into its own, and the arguments afterwards."""
    result = module.allreduce_mean(grads, sizes)
    for g in result[0]:
        g += 100
    return result[1], grads


def test_split_evenly(submission):
    """Eight examples in two shards: the first four and the last four, with their targets."""
    X, y = torch.arange(1.0, 17).reshape(8, 2), torch.arange(1, 9)
    shards = submission.split_batch(X, y, 2)
    assert_equal(len(shards), 2, what="number of shards")
    for i, (X_i, y_i) in enumerate(shards):
        assert_close(X_i, X[4 * i : 4 * i + 4], what=f"inputs of shard {i}")
        assert_equal(y_i, y[4 * i : 4 * i + 4], what=f"targets of shard {i}")


@pytest.mark.needs("split_evenly")
def test_split_with_a_remainder(submission):
    """Ten examples in three, or five in four shards: all are there, in order, and sizes differ by at most 1."""
    for n, k in [(10, 3), (5, 4)]:
        X = torch.arange(1.0, n + 1)
        shards = submission.split_batch(X, X, k)
        sizes = [len(X_i) for X_i, _ in shards]
        assert_equal(len(sizes), k, what="number of shards")
        assert_close(torch.cat([X_i for X_i, _ in shards]), X, what="inputs of all shards")
        assert max(sizes) - min(sizes) <= 1, f"{n} examples in {k} shards: the sizes {sizes} differ by more than 1"


@pytest.mark.weight(2)
def test_weighted_mean(submission):
    """A shard of 3 with gradient 1 and a shard of 1 with gradient 5 have the mean (3 * 1 + 1 * 5) / 4 = 2."""
    grads = [[torch.tensor([1.0, 2.0]), torch.tensor(1.0)], [torch.tensor([5.0, 6.0]), torch.tensor(9.0)]]
    expected = [torch.tensor([2.0, 3.0]), torch.tensor(3.0)]
    assert_close(submission.allreduce_mean(grads, [3, 1]), [expected, expected], what="averaged gradients")


@pytest.mark.weight(2)
def test_step_of_equal_shards(submission, rng):
    """With shards of one size, the step is that of the full batch."""
    w, b, X, y = rng.normal(3), rng.normal(), rng.normal(8, 3), rng.normal(8, mean=5.0)
    residuals = X @ w + b - y
    expected = [w - 0.1 * 2 * X.T @ residuals / 8, b - 0.1 * 2 * residuals.mean()]
    assert_close(submission.run(step, w, b, X, y, 4, 0.1)["new"], expected, what="new parameters")


@pytest.mark.needs("weighted_mean")
def test_replicas_own_their_gradients(submission):
    """The gradients given are left alone, and what a replica does to its own does not touch another's."""
    grads = [[torch.tensor([1.0, 2.0])], [torch.tensor([5.0, 6.0])]]
    second, after = submission.run(reduce_and_write, grads, [3, 1])
    assert_close(second, [torch.tensor([2.0, 3.0])], what="second replica's gradient after the first changed its own")
    assert_close(after, grads, what="argument after the call")


@pytest.mark.weight(2)
@pytest.mark.needs("step_of_equal_shards")
def test_step_of_uneven_shards(submission, rng):
    """With five examples on two replicas, too, the step is that of the full batch; the parameters given stay."""
    w, b, X, y = rng.normal(3), rng.normal(), rng.normal(5, 3), rng.normal(5, mean=5.0)
    residuals = X @ w + b - y
    expected = [w - 0.1 * 2 * X.T @ residuals / 5, b - 0.1 * 2 * residuals.mean()]
    found = submission.run(step, w, b, X, y, 2, 0.1)
    assert_close(found["new"], expected, what="new parameters")
    assert_close(found["params"], [w, b], what="parameters given, after the call")


@pytest.mark.needs("step_of_equal_shards")
def test_grad_fn_may_use_autograd(submission, rng):
    """A grad_fn that computes its gradients with autograd gives the step of the full batch, too."""
    w, X, y = rng.normal(3), rng.normal(6, 3), rng.normal(6, mean=5.0)
    found = submission.run(step_by_autograd, w, X, y, 2, 0.1)
    assert_equal(found["recorded"], True, what="answer to 'does torch record a graph while grad_fn runs?'")
    assert_close(found["new"], [w - 0.1 * 2 * X.T @ (X @ w - y) / 6], what="new parameters")


@pytest.mark.needs("split_evenly")
def test_refuses_too_many_shards(submission, rng):
    """Seven shards of six examples, or none, are a ValueError that names their number."""
    for k in (7, 0):
        assert_raises(ValueError, submission.split_batch, rng.normal(6, 2), rng.normal(6), k, mentions=(str(k),))


@pytest.mark.needs("weighted_mean")
def test_refuses_sizes_that_are_missing(submission):
    """Gradients of three replicas with two sizes are a ValueError that names both numbers."""
    grads = [[torch.ones(2)] for _ in range(3)]
    assert_raises(ValueError, submission.allreduce_mean, grads, [5, 8], mentions=("3", "2"))


@pytest.mark.needs("split_evenly")
def test_refuses_lengths_that_differ(submission, rng):
    """Seven inputs with six targets are a ValueError that names both numbers."""
    assert_raises(ValueError, submission.split_batch, rng.normal(7, 2), rng.normal(6), 2, mentions=("7", "6"))
