"""Hidden checks of ch04/idx_dataset."""

import gzip

import pytest
import torch
from d2l_course.ch04_classification.checks.test_idx_dataset import idx, served
from d2l_kit.checks import assert_close, assert_equal, assert_raises


@pytest.mark.weight(3)
@pytest.mark.needs("labels_and_images", "compressed_file")
def test_any_sizes(submission, rng):
    """One to four dimensions, sizes of 1 and above 255, compressed or not."""
    for shape in [(1,), (rng.integers(256, 700),), (1, 300), (2, rng.integers(3, 9), 1), (2, 1, 3, 2)]:
        numbers = rng.integers(1, 256, *shape).to(torch.uint8)
        for raw in (idx(numbers), gzip.compress(idx(numbers))):
            assert_close(submission.parse_idx(raw), numbers, dtype=True)


@pytest.mark.needs("refuses_broken_files")
def test_refuses_stumps(submission, rng):
    """Files that end within the sizes, or before them, are a ValueError, and so are compressed ones that lack data."""
    raw = idx(rng.integers(1, 256, 2, 3).to(torch.uint8))
    for length in (0, 3, 4, 7, 10, 12):
        assert_raises(ValueError, submission.parse_idx, raw[:length])
    assert_raises(ValueError, submission.parse_idx, b"\x00\x01" + raw[2:])
    assert_raises(ValueError, submission.parse_idx, gzip.compress(raw[:-2]))


@pytest.mark.needs("names")
def test_all_names(submission, rng):
    """All labels have the names of the list, whatever their whole-number dtype."""
    names = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
    for dtype in (torch.uint8, torch.int64):
        y = torch.cat([torch.arange(10), rng.integers(0, 10, 5)])
        assert_equal(submission.text_labels(y.to(dtype)), [names[i] for i in y.tolist()], what="names")


@pytest.mark.weight(2)
@pytest.mark.needs("batches_in_order")
def test_batches_of_any_size(submission, rng):
    """Batches of one image, and larger than the data; images that are not square."""
    h, w, n = rng.integers(2, 6), rng.integers(6, 9), rng.integers(9, 14)
    images = rng.integers(0, 256, n, h, w).to(torch.uint8)
    labels = rng.integers(1, 10, n).to(torch.uint8)
    for size in (1, 4, n, 100):
        found = submission.run(served, images, labels, size)
        sizes = [size] * (n // size) + [n % size] * (n % size > 0)
        assert_equal([len(y) for _, y in found], sizes, what="sizes of the batches")
        assert_close(torch.cat([X for X, _ in found]), images[:, None].float() / 255, what="images")
        assert_close(torch.cat([y for _, y in found]), labels.long(), what="labels")


@pytest.mark.needs("shuffled_pairs_stay_together")
def test_seed_decides(submission, rng):
    """The same seed gives the same order, another seed another one; without a seed it is 0."""
    labels = torch.arange(1, 41, dtype=torch.uint8)
    images, seed = labels[:, None, None].expand(40, 2, 2).contiguous(), rng.integers(1, 1000)

    def order(*seed):
        return torch.cat([y for _, y in submission.run(served, images, labels, 16, True, *seed)])

    first = order(seed)
    assert order(seed).equal(first), "asked again with the same seed, batches serves another order"
    assert not order(seed + 1).equal(first), "another seed gives the same order"
    assert order().equal(order(0)), "without a seed, batches serves another order than with seed=0"
