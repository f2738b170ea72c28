"""Hidden checks of ch02/running_mean."""

import pytest
import torch
from d2l_course.ch02_preliminaries.checks.test_running_mean import restore_of_another_shape
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_raises, probe


@probe
def means_and_counts(module, xs):
    """Mean and count before the first update and after each."""
    running = module.RunningMean(tuple(xs.shape[1:]))
    answers = [(running.mean.clone(), running.count)]
    for x in xs:
        running.update(x)
        answers.append((running.mean.clone(), running.count))
    return answers


@probe
def restored_after_updates(module, xs, array, count, x):
    """Updates, a restore, one more update; a view taken at the start, and the array written to in between."""
    running = module.RunningMean(array.shape)
    view = running.mean[:]
    for earlier in xs:
        running.update(earlier)
    running.restore(array, count)
    seen = view.clone()
    array += 50
    running.update(x)
    return seen, view, running.mean, running.count


@probe
def refused(module, x, wrong):
    """How many wrong tensors and arrays were refused; mean and count afterwards."""
    running = module.RunningMean(tuple(x.shape))
    running.update(x)
    refusals = 0
    for other in wrong:
        for method, arguments in ((running.update, (other,)), (running.restore, (other.numpy(), 7))):
            try:
                method(*arguments)
            except ValueError:
                refusals += 1
            except RuntimeError:  # torch's own: no refusal
                continue
    return refusals, running.mean, running.count


@probe
def of_tensors_that_require_gradients(module, xs):
    """The mean of tensors in a graph: whether it is tied to it after each; snapshot, item, and the leaf's gradient."""
    running = module.RunningMean(tuple(xs.shape[1:]))
    leaf = xs.clone().requires_grad_()
    tied = []
    for x in leaf * 2:
        running.update(x)
        tied.append(running.mean.requires_grad)
    return tied, running.mean.detach(), running.snapshot(), running.item(0), leaf.grad


@probe
def snapshot_of_double(module, x):
    running = module.RunningMean(tuple(x.shape))
    running.update(x)
    return running.snapshot()


@pytest.mark.weight(2)
@pytest.mark.needs("mean_of_updates")
def test_any_shape(submission, rng):
    """Tensors of any shape, also without axes, and any number of them; zeros before the first."""
    for shape in [(), (1,), (rng.integers(2, 5), 1, rng.integers(2, 5))]:
        xs = rng.normal(rng.integers(5, 9), *shape, mean=3.0)
        for n, (mean, count) in enumerate(submission.run(means_and_counts, xs)):
            expected = xs[:n].mean(dim=0) if n else torch.zeros(shape)
            assert_close(mean, expected, what=f"mean of {n} tensors of shape {shape}", trivial=n == 0)
            assert_equal(count, n, what="count")


@pytest.mark.needs("any_shape")
def test_stays_single_precision(submission, rng):
    """float64 tensors are taken in, and the mean stays float32, and so does a snapshot."""
    xs = rng.normal(3, 4, dtype=torch.float64)
    mean, _ = submission.run(means_and_counts, xs)[-1]
    assert_dtype(mean, torch.float32, what="mean")
    assert_close(mean, xs.mean(dim=0).float(), what="mean")
    snapshot = submission.run(snapshot_of_double, xs[0])
    assert_dtype(torch.as_tensor(snapshot), torch.float32, what="snapshot")


@pytest.mark.needs("any_shape")
def test_tensors_that_require_gradients(submission, rng):
    """Tensors that require a gradient are taken in, and the mean belongs to no graph."""
    xs = rng.normal(3, 4)
    tied, mean, snapshot, item, grad = submission.run(of_tensors_that_require_gradients, xs)
    expected = 2 * xs.mean(dim=0)
    assert_equal(tied, [False] * 3, what="mean.requires_grad after each update")
    assert_close(mean, expected, what="mean")
    assert_close(snapshot, expected.numpy(), what="snapshot")
    assert_close(item, expected[0].item(), what="item(0)")
    assert grad is None, "the tensors that were taken in have a .grad afterwards"


@pytest.mark.weight(2)
@pytest.mark.needs("restore_goes_on", "views_stay_valid")
def test_restore_writes_into_the_mean(submission, rng):
    """Views see what is restored and what follows; writing into the array afterwards has no effect."""
    xs, x, count = rng.normal(2, 3, 2), rng.normal(3, 2), rng.integers(3, 9)
    array = rng.normal(3, 2, dtype=rng.choice([torch.float32, torch.float64]))
    expected = (array * count + x) / (count + 1)
    seen, view, mean, counted = submission.run(restored_after_updates, xs, array.numpy(), count, x)
    assert_close(seen, array.float(), what="view after the restore")
    assert_close(mean, expected.float(), what="mean")
    assert_close(view, expected.float(), what="view after the update")
    assert_equal(counted, count + 1, what="count")


@pytest.mark.weight(2)
@pytest.mark.needs("refuses_another_shape")
def test_refused_shapes_change_nothing(submission, rng):
    """Shapes that would broadcast, hold as many numbers, or do not fit at all leave mean and count as they are."""
    x = rng.normal(3, 4)
    wrong = [rng.normal(4), rng.normal(1, 4), rng.normal(3, 1), rng.normal(), rng.normal(4, 3), rng.normal(2, 3, 4)]
    refusals, mean, count = submission.run(refused, x, wrong)
    assert_close(mean, x, what="mean afterwards")
    assert_equal(count, 1, what="count afterwards")
    assert_equal(refusals, 2 * len(wrong), what="number of refusals")


@pytest.mark.needs("refuses_another_shape", "restore_goes_on")
def test_restore_refuses_another_shape(submission, rng):
    """An array of another shape cannot be restored, even if it would broadcast: a ValueError."""
    assert_raises(ValueError, submission.run, restore_of_another_shape, (2, 3), rng.normal(1, 3).numpy())
    assert_raises(ValueError, submission.run, restore_of_another_shape, (2, 3), rng.normal(3, 2).numpy())
