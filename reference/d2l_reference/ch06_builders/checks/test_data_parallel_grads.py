"""Hidden checks of ch06/data_parallel_grads."""

import pytest
import torch
from d2l_course.ch06_builders.checks.test_data_parallel_grads import step
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def reduce_and_write(module, grads, sizes):
    """The result, the arguments afterwards, and the result of the others after the first replica wrote into its own."""
    result = module.allreduce_mean(grads, sizes)
    before = [[g.clone() for g in replica] for replica in result]
    for g in result[0]:
        g += 1
    return before, result[1:], grads


@pytest.mark.weight(2)
@pytest.mark.needs("split_with_a_remainder")
def test_split_of_any_size(submission, rng):
    """Any batch in any number of shards, from one to one for each example."""
    for n, k in [(8, 2), (10, 3), (7, 7), (5, 1), (11, 4), (rng.integers(12, 30), rng.integers(5, 9))]:
        X, y = rng.normal(n, 2, mean=4.0), rng.integers(1, 100, n)
        shards = submission.split_batch(X, y, k)
        sizes = [len(X_i) for X_i, _ in shards]
        assert_equal(len(sizes), k, what="number of shards")
        assert max(sizes) - min(sizes) <= 1, f"{n} examples in {k} shards: the sizes {sizes} differ by more than 1"
        assert_close(torch.cat([X_i for X_i, _ in shards]), X, what="inputs of all shards")
        assert_equal(torch.cat([y_i for _, y_i in shards]), y, what="targets of all shards")
        assert_equal([len(y_i) for _, y_i in shards], sizes, what="numbers of targets")


@pytest.mark.needs("weighted_mean")
def test_any_replicas_own_their_gradients(submission, rng):
    """The gradients given are left alone, and no two replicas share memory; neither does one that is alone."""
    for count in (3, 1):
        grads = [[rng.normal(3, mean=2.0), rng.normal(2, 2)] for _ in range(count)]
        sizes = [rng.integers(1, 9) for _ in range(count)]
        mean = [sum(s * g for s, g in zip(sizes, gs, strict=True)) / sum(sizes) for gs in zip(*grads, strict=True)]
        before, others, after = submission.run(reduce_and_write, grads, sizes)
        assert_close(before, [mean] * count, what="averaged gradients")
        if others:
            assert_close(others, [mean] * 2, what="other replicas' gradients after the first changed its own")
        assert_close(after, grads, what="argument after the call")


@pytest.mark.weight(3)
@pytest.mark.needs("step_of_equal_shards")
def test_step_of_any_shards(submission, rng):
    """Whatever the number of replicas, the step is that of the full batch, and the parameters given stay."""
    for n, k in [(11, 4), (7, 7), (5, 1), (10, 3)]:
        w, b = rng.normal(2, dtype=torch.float64), rng.normal(dtype=torch.float64)
        X, y = rng.normal(n, 2, dtype=torch.float64, std=3.0), rng.normal(n, dtype=torch.float64, mean=5.0)
        residuals = X @ w + b - y
        expected = [w - 0.05 * 2 * X.T @ residuals / n, b - 0.05 * 2 * residuals.mean()]
        found = submission.run(step, w, b, X, y, k, 0.05)
        assert_close(found["new"], expected, what="new parameters")
        assert_close(found["params"], [w, b], what="parameters given, after the call")


@pytest.mark.observed
@pytest.mark.needs("step_of_equal_shards")
def test_every_replica_works_once(submission, rng):
    """grad_fn is called once for each shard, not for the full batch."""
    found = submission.run(step, rng.normal(2), rng.normal(), rng.normal(10, 2), rng.normal(10), 3, 0.1)
    assert_equal(sorted(found["shards"]), [3, 3, 4], what="sizes of the shards")


@pytest.mark.needs("refuses_lengths_that_differ")
def test_refuses_impossible_numbers_of_shards(submission, rng):
    """No shard, or more shards than examples, is a ValueError that names the number."""
    X, y = rng.normal(6, 2), rng.normal(6)
    for k in (-2, 8):
        assert_raises(ValueError, submission.split_batch, X, y, k, mentions=(str(k),))


@pytest.mark.needs("weighted_mean")
def test_refuses_sizes_that_do_not_fit(submission, rng):
    """More sizes than replicas are a ValueError that names both numbers."""
    grads = [[rng.normal(2)] for _ in range(3)]
    assert_raises(ValueError, submission.allreduce_mean, grads, [5, 8, 1, 6], mentions=("3", "4"))
