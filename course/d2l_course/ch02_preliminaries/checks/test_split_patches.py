"""Public checks of ch02/split_patches."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def slices(img, p):
    """The patches, cut out one by one."""
    _, height, width = img.shape
    corners = [(i, j) for i in range(0, height, p) for j in range(0, width, p)]
    return torch.stack([img[:, i : i + p, j : j + p] for i, j in corners])


def test_split_worked_example(submission):
    """A 4 x 4 image of the numbers 0 to 15 gives four patches in reading order."""
    img = torch.arange(16.0).reshape(1, 4, 4)
    expected = torch.tensor([[0.0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]])
    assert_close(submission.split_patches(img, 2), expected.reshape(4, 1, 2, 2), what="patches")


@pytest.mark.weight(2)
@pytest.mark.needs("split_worked_example")
def test_split_matches_slices(submission, rng):
    """Each patch is the part of the image that slicing cuts out, with all its channels."""
    img = rng.normal(3, 4, 10)
    assert_close(submission.split_patches(img, 2), slices(img, 2), what="patches")


def test_merge_worked_example(submission):
    """Six patches of 2 x 2 pixels fill an image of 4 x 6."""
    img = torch.arange(24.0).reshape(1, 4, 6)
    assert_close(submission.merge_patches(slices(img, 2), 4, 6), img, what="image")


@pytest.mark.weight(2)
@pytest.mark.needs("merge_worked_example")
def test_merge_undoes_slices(submission, rng):
    """Patches with several channels give back the image that they were cut from."""
    img = rng.normal(3, 9, 6)
    assert_close(submission.merge_patches(slices(img, 3), 9, 6), img, what="image")


@pytest.mark.needs("split_matches_slices", "merge_undoes_slices")
def test_whole_numbers_stay_whole(submission, rng):
    """Pixels that are whole numbers keep their dtype and every digit, there and back, however large they are."""
    img = rng.integers(0, 256, 2, 4, 6).to(torch.uint8)
    assert_close(submission.split_patches(img, 2), slices(img, 2), dtype=True, what="patches")
    assert_close(submission.merge_patches(slices(img, 2), 4, 6), img, dtype=True, what="image")
    img = rng.integers(2**54, 2**55, 2, 4, 6)  # not even float64 holds all whole numbers of this size
    assert_equal(submission.split_patches(img, 2), slices(img, 2), what="patches of large numbers")
    assert_equal(submission.merge_patches(slices(img, 2), 4, 6), img, what="image of large numbers")


@pytest.mark.needs("split_worked_example")
def test_split_refuses_a_side_that_does_not_divide(submission, rng):
    """Patches of side 5 do not cover 8 x 8 pixels: a ValueError that names the 5."""
    assert_raises(ValueError, submission.split_patches, rng.normal(1, 8, 8), 5, mentions=("5",))


@pytest.mark.needs("merge_worked_example")
def test_merge_refuses_the_wrong_number(submission, rng):
    """Seven patches of side 2 do not fill 4 x 6 pixels: a ValueError that names the 7."""
    assert_raises(ValueError, submission.merge_patches, rng.normal(7, 1, 2, 2), 4, 6, mentions=("7",))


@pytest.mark.needs("split_refuses_a_side_that_does_not_divide", "merge_refuses_the_wrong_number")
def test_refuses_what_seems_to_fit(submission, rng):
    """A side that divides the height only, one below 1, and patches that have as many pixels as the image."""
    assert_raises(ValueError, submission.split_patches, rng.normal(1, 8, 6), 4, mentions=("4",))
    assert_raises(ValueError, submission.split_patches, rng.normal(1, 8, 6), -2, mentions=("-2",))
    assert_raises(ValueError, submission.merge_patches, rng.normal(9, 1, 2, 2), 12, 3, mentions=("9",))
