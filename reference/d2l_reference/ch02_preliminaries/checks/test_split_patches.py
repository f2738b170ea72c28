"""Hidden checks of ch02/split_patches."""

import pytest
import torch
from d2l_course.ch02_preliminaries.checks.test_split_patches import slices
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_unchanged, probe

DTYPES = [torch.bool, torch.uint8, torch.int64, torch.float16, torch.float64]


def geometries(rng):
    """Channels, rows and columns of patches, side: patches of one pixel, a single patch, and drawn ones."""
    drawn = [(rng.integers(2, 5), rng.integers(1, 5), rng.integers(1, 5), rng.integers(2, 5)) for _ in range(2)]
    return [(2, 3, 4, 1), (1, 3, 2, 4), (3, 1, 1, 3), *drawn]


@probe
def of_turned(module, img, patches, p):
    """Both functions on tensors that do not lie row by row in memory."""
    turned = img.transpose(1, 2)
    merged = module.merge_patches(patches.transpose(2, 3), img.shape[1], img.shape[2])
    return module.split_patches(turned, p), merged


@pytest.mark.weight(3)
@pytest.mark.needs("split_matches_slices")
def test_split_any_image(submission, rng):
    """Images and patches of any size, also patches of one pixel and a patch as large as the image."""
    for channels, rows, columns, p in geometries(rng):
        img = rng.normal(channels, rows * p, columns * p)
        assert_close(submission.split_patches(img, p), slices(img, p), what="patches")


@pytest.mark.weight(3)
@pytest.mark.needs("merge_undoes_slices")
def test_merge_any_image(submission, rng):
    """Patches of any size and number, also of one pixel and a single one."""
    for channels, rows, columns, p in geometries(rng):
        img = rng.normal(channels, rows * p, columns * p)
        assert_close(submission.merge_patches(slices(img, p), rows * p, columns * p), img, what="image")


@pytest.mark.needs("split_matches_slices", "merge_undoes_slices")
def test_any_dtype(submission, rng):
    """Truth values, whole numbers and floating-point numbers of any width keep their dtype."""
    for dtype in DTYPES:
        img = rng.integers(0, 2 if dtype == torch.bool else 200, 2, 6, 4).to(dtype)
        assert_close(submission.split_patches(img, 2), slices(img, 2), dtype=True, what=f"patches of {dtype}")
        merged = submission.merge_patches(slices(img, 2), 6, 4)
        assert_close(merged, img, dtype=True, what=f"image of {dtype}")


@pytest.mark.needs("any_dtype")
def test_no_digit_is_lost(submission, rng):
    """Large whole numbers and float64 numbers keep every digit, there and back."""
    img = rng.integers(2**54, 2**55, 2, 6, 4)  # not even float64 holds all whole numbers of this size
    assert_equal(submission.split_patches(img, 2), slices(img, 2), what="patches")
    assert_equal(submission.merge_patches(slices(img, 2), 6, 4), img, what="image")
    img = rng.normal(2, 6, 4, dtype=torch.float64)
    assert_close(submission.split_patches(img, 2), slices(img, 2), rtol=0.0, atol=0.0, what="patches")
    assert_close(submission.merge_patches(slices(img, 2), 6, 4), img, rtol=0.0, atol=0.0, what="image")


@pytest.mark.needs("split_matches_slices", "merge_undoes_slices")
def test_turned_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    img = rng.normal(2, 6, 9)
    patches, merged = submission.run(of_turned, img, slices(img, 3), 3)
    assert_close(patches, slices(img.transpose(1, 2), 3), what="patches")
    pieces = slices(img, 3).transpose(2, 3)
    rows = [torch.cat(list(pieces[i : i + 3]), dim=2) for i in (0, 3)]
    assert_close(merged, torch.cat(rows, dim=1), what="image")


@pytest.mark.needs("split_matches_slices", "merge_undoes_slices")
def test_arguments_are_left_alone(submission, rng):
    """Image and patches are the same after the call, their shape included."""
    assert_unchanged(submission, "split_patches", rng.normal(2, 6, 9), 3)
    assert_unchanged(submission, "merge_patches", rng.normal(6, 2, 3, 3), 6, 9)


@pytest.mark.needs("split_refuses_a_side_that_does_not_divide")
def test_split_refuses_one_way(submission, rng):
    """A side that divides only the height or only the width is refused, and so is one below 1."""
    assert_raises(ValueError, submission.split_patches, rng.normal(2, 6, 8), 3)
    assert_raises(ValueError, submission.split_patches, rng.normal(2, 8, 6), 3)
    assert_raises(ValueError, submission.split_patches, rng.normal(2, 6, 6), 0)
    assert_raises(ValueError, submission.split_patches, rng.normal(2, 6, 6), -2)


@pytest.mark.needs("merge_refuses_the_wrong_number")
def test_merge_refuses_sides_that_do_not_divide(submission, rng):
    """As many pixels as needed are not enough: the patches must fit along both axes."""
    assert_raises(ValueError, submission.merge_patches, rng.normal(3, 1, 2, 2), 4, 3)
    assert_raises(ValueError, submission.merge_patches, rng.normal(3, 1, 2, 2), 3, 4)
    assert_raises(ValueError, submission.merge_patches, rng.normal(2, 1, 3, 3), 3, 7)
    assert_raises(ValueError, submission.merge_patches, rng.normal(2, 1, 3, 3), 7, 3)
