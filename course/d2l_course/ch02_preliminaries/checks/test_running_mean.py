"""Public checks of ch02/running_mean."""

import numpy as np
import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def means_and_counts(module, xs):
    """After each update: the mean, its first number, the count; and the tensors in the end."""
    running = module.RunningMean(tuple(xs.shape[1:]))
    first = (0,) * (xs.dim() - 1)
    answers = []
    for x in xs:
        running.update(x)
        answers.append((running.mean.clone(), float(running.item(*first)), running.count))
    return answers, xs


@probe
def arguments_after_updates(module, xs):
    running = module.RunningMean(tuple(xs[0].shape))
    for x in xs:
        running.update(x)
    return xs


@probe
def views_of_the_start(module, xs):
    """A row and the whole mean, both taken before the first update."""
    running = module.RunningMean(tuple(xs.shape[1:]))
    row, whole = running.mean[1], running.mean
    for x in xs:
        running.update(x)
    return row, whole, running.mean


@probe
def snapshot_before_the_last(module, xs):
    """The snapshot taken before the last update, looked at after it."""
    running = module.RunningMean(tuple(xs.shape[1:]))
    for x in xs[:-1]:
        running.update(x)
    snapshot = running.snapshot()
    running.update(xs[-1])
    return snapshot


@probe
def items(module, x, places):
    running = module.RunningMean(tuple(x.shape))
    running.update(x)
    return [running.item(*place) for place in places]


@probe
def restored(module, array, count, x):
    """Mean and count after restoring and one update, and the array then."""
    running = module.RunningMean(array.shape)
    running.restore(array, count)
    running.update(x)
    return running.mean, running.count, array


@probe
def restored_in_use(module, earlier, array, count, x):
    """The same for a mean that has seen a tensor; the mean also as a view that was taken at the start sees it."""
    running = module.RunningMean(array.shape)
    view = running.mean[:]
    running.update(earlier)
    running.restore(array, count)
    running.update(x)
    return running.mean, running.count, view


@probe
def update_of_another_shape(module, shape, x):
    module.RunningMean(shape).update(x)


@probe
def restore_of_another_shape(module, shape, array):
    module.RunningMean(shape).restore(array, 2)


@probe
def after_a_refusal(module, x, wrong):
    """Mean and count after one update, and another that is refused."""
    running = module.RunningMean(tuple(x.shape))
    running.update(x)
    try:
        running.update(wrong)
    except ValueError:
        return running.mean, running.count
    return None, None


@pytest.mark.weight(2)
def test_mean_of_updates(submission):
    """The mean after each of three updates, worked out by hand, and the count."""
    answers, _ = submission.run(means_and_counts, torch.tensor([[2.0, 5.0], [4.0, 9.0], [9.0, 1.0]]))
    expected = [([2.0, 5.0], 2.0, 1), ([3.0, 7.0], 3.0, 2), ([5.0, 5.0], 5.0, 3)]
    for (mean, first, count), (wanted, wanted_first, number) in zip(answers, expected, strict=True):
        assert_close(mean, torch.tensor(wanted), what=f"mean of {number} tensors")
        assert_close(first, wanted_first, what="item(0)")
        assert_equal(count, number, what="count")


@pytest.mark.needs("mean_of_updates")
def test_arguments_are_left_alone(submission, rng):
    """A tensor is the same after it has been taken into the mean."""
    xs = [rng.normal(2, 3) for _ in range(3)]
    assert_close(submission.run(arguments_after_updates, xs), xs, what="tensors after the updates")


@pytest.mark.weight(2)
@pytest.mark.needs("mean_of_updates")
def test_views_stay_valid(submission, rng):
    """Views that were taken before the first update see the mean after the last."""
    xs = rng.normal(4, 3, 2)
    row, whole, mean = submission.run(views_of_the_start, xs)
    assert_close(mean, xs.mean(dim=0), what="mean")
    assert_close(row, xs.mean(dim=0)[1], what="row of the mean, taken before")
    assert_close(whole, xs.mean(dim=0), what="mean, taken before")


@pytest.mark.needs("mean_of_updates")
def test_snapshot_keeps_its_numbers(submission, rng):
    """A snapshot is a numpy array that later updates leave alone."""
    xs = rng.normal(3, 4)
    snapshot = submission.run(snapshot_before_the_last, xs)
    assert isinstance(snapshot, np.ndarray), f"snapshot returned a {type(snapshot).__name__}, not a numpy array"
    assert_close(snapshot, xs[:2].mean(dim=0).numpy(), what="snapshot")


@pytest.mark.needs("mean_of_updates")
def test_item_is_a_python_float(submission, rng):
    """item gives one number of the mean, as a float."""
    x = rng.normal(3, 2)
    answers = submission.run(items, x, [(0, 1), (2, 0)])
    assert_close(answers, [x[0, 1].item(), x[2, 0].item()], what="items")
    for answer in answers:
        assert isinstance(answer, float), f"item returned a {type(answer).__name__}, not a float"


@pytest.mark.weight(2)
@pytest.mark.needs("mean_of_updates")
def test_restore_goes_on(submission, rng):
    """After restoring a mean of three tensors, the next one counts as the fourth; the array stays as it was."""
    array, x = np.array([[1.0, 2.0, 4.0]], dtype=np.float32), rng.normal(1, 3)
    mean, count, after = submission.run(restored, array, 3, x)
    assert_close(mean, (torch.from_numpy(array) * 3 + x) / 4, what="mean after restore and update")
    assert_equal(count, 4, what="count")
    assert_close(after, array, what="array that was restored from")


@pytest.mark.needs("restore_goes_on", "views_stay_valid")
def test_restore_in_use(submission, rng):
    """A mean that is in use forgets what it was, and those who hold a view of it see what it becomes."""
    earlier, x = rng.normal(2, 2), rng.normal(2, 2)
    array = np.array([[1.0, 2.0], [4.0, 8.0]], dtype=np.float32)
    mean, count, view = submission.run(restored_in_use, earlier, array, 3, x)
    expected = (torch.from_numpy(array) * 3 + x) / 4
    assert_close(mean, expected, what="mean after restore and update")
    assert_equal(count, 4, what="count")
    assert_close(view, expected, what="mean, a view taken at the start")


@pytest.mark.needs("mean_of_updates")
def test_refuses_another_shape(submission, rng):
    """A row of three does not fit a mean of two rows of three, though it would broadcast: a ValueError."""
    assert_raises(ValueError, submission.run, update_of_another_shape, (2, 3), rng.normal(3))


@pytest.mark.needs("refuses_another_shape", "restore_goes_on")
def test_refuses_what_nearly_fits(submission, rng):
    """One row for two, or as many numbers in another shape: a ValueError, from restore too, and nothing changes."""
    x, row = rng.normal(2, 3), rng.normal(1, 3)
    assert_raises(ValueError, submission.run, update_of_another_shape, (2, 3), row)
    assert_raises(ValueError, submission.run, update_of_another_shape, (2, 3), rng.normal(3, 2))
    assert_raises(ValueError, submission.run, restore_of_another_shape, (2, 3), row.numpy())
    mean, count = submission.run(after_a_refusal, x, row)
    assert_close(mean, x, what="mean after a refusal")
    assert_equal(count, 1, what="count after a refusal")
