"""Public checks of ch04/idx_dataset."""

import gzip
import itertools
import struct

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_raises, assert_shape, probe


@probe
def served(module, *args, **kwargs):
    return [(X, y) for X, y in module.batches(*args, **kwargs)]


@probe
def after_serving(module, images, labels, shuffle):
    """The tensors handed in, once all batches have been served."""
    for _ in module.batches(images, labels, 3, shuffle):
        pass
    return images, labels


@probe
def written_to(module, raw):
    """What the tensor holds after 1 was added in place, and whether the file is still the same."""
    before = bytearray(raw)
    numbers = module.parse_idx(raw)
    numbers += 1
    return numbers, bytearray(raw) == before


def idx(numbers):
    """An IDX file with these numbers."""
    sizes = struct.pack(f">{numbers.dim()}I", *numbers.shape)
    return bytes([0, 0, 8, numbers.dim()]) + sizes + bytes(numbers.flatten().tolist())


def some_images(rng, n, h, w):
    return rng.integers(0, 256, n, h, w).to(torch.uint8), rng.integers(0, 10, n).to(torch.uint8)


@pytest.mark.weight(2)
def test_file_written_by_hand(submission):
    """Two dimensions, 2 and 3, and six numbers, some above 127."""
    raw = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 128, 255])
    expected = torch.tensor([[1, 2, 3], [4, 128, 255]], dtype=torch.uint8)
    assert_close(submission.parse_idx(raw), expected, dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("file_written_by_hand")
def test_labels_and_images(submission, rng):
    """Files of one dimension (labels) and of three (images) are read; a size may need two bytes."""
    images, labels = some_images(rng, 3, 5, 4)
    assert_close(submission.parse_idx(idx(images)), images, dtype=True)
    many = torch.cat([labels, rng.integers(0, 10, 300).to(torch.uint8)])
    assert_close(submission.parse_idx(idx(many)), many, dtype=True)


@pytest.mark.needs("labels_and_images")
def test_a_size_of_zero(submission):
    """A file of no images has the sizes 0, 28 and 28 and no numbers: an empty tensor of that shape."""
    for shape in [(0,), (0, 28, 28)]:
        empty = submission.parse_idx(idx(torch.zeros(shape)))
        assert_shape(empty, shape, what="numbers of an empty file")
        assert_dtype(empty, torch.uint8, what="numbers of an empty file")


@pytest.mark.needs("file_written_by_hand")
def test_compressed_file(submission, rng):
    """A file compressed by gzip gives the same as the file itself."""
    numbers = rng.integers(1, 256, 4, 6).to(torch.uint8)
    assert_close(submission.parse_idx(gzip.compress(idx(numbers))), numbers, dtype=True)


@pytest.mark.needs("file_written_by_hand")
def test_refuses_broken_files(submission, rng):
    """A wrong beginning, a number too few and a number too many are a ValueError."""
    raw = idx(rng.integers(1, 256, 4, 6).to(torch.uint8))
    assert_raises(ValueError, submission.parse_idx, b"\x00\x00\x0d" + raw[3:])
    assert_raises(ValueError, submission.parse_idx, b"\x01" + raw[1:])
    assert_raises(ValueError, submission.parse_idx, raw[:-1])
    assert_raises(ValueError, submission.parse_idx, raw + b"\x00")


@pytest.mark.needs("file_written_by_hand")
def test_names(submission):
    """Labels have the names of the list."""
    expected = ["ankle boot", "t-shirt", "sandal", "shirt", "shirt"]
    assert_equal(submission.text_labels(torch.tensor([9, 0, 5, 6, 6])), expected, what="names")


@pytest.mark.weight(3)
@pytest.mark.needs("file_written_by_hand")
def test_batches_in_order(submission, rng):
    """Images come with a channel axis as float32 from 0 to 1, labels as int64; the last batch is smaller."""
    images, labels = some_images(rng, 7, 5, 4)
    images[0, 0, 0], images[0, 0, 1] = 255, 0
    found = submission.run(served, images, labels, 3)
    assert_equal([len(y) for _, y in found], [3, 3, 1], what="sizes of the batches")
    for (X, y), rows in zip(found, (slice(0, 3), slice(3, 6), slice(6, 7)), strict=True):
        assert_close(X, images[rows, None].float() / 255, dtype=True, what="images of a batch")
        assert_close(y, labels[rows].long(), dtype=True, trivial=True, what="labels of a batch")


@pytest.mark.weight(2)
@pytest.mark.needs("batches_in_order")
def test_shuffled_pairs_stay_together(submission):
    """With shuffle every image is served once, in another order, with its own label."""
    labels = torch.arange(40, dtype=torch.uint8)
    found = submission.run(served, labels[:, None, None].expand(40, 2, 2).contiguous(), labels, 16, shuffle=True)
    X, y = torch.cat([X for X, _ in found]), torch.cat([y for _, y in found])
    assert_shape(X, (40, 1, 2, 2), what="images of all batches")
    assert_equal(sorted(y.tolist()), list(range(40)), what="labels of all batches, sorted")
    assert y.tolist() != list(range(40)), "the images come in their old order"
    assert_close(X[:, 0, 0, 0] * 255, y.float(), what="first pixels of all batches, each equal to its label")
    assert sorted(y[:16].tolist()) != list(range(16)), "the first batch has the first 16 images, only in another order"
    together = sum(after == (before + 1) % 40 for before, after in itertools.pairwise(y.tolist()))
    assert together < 20, "most images are followed by the one that followed them before: that order is not random"


@pytest.mark.needs("batches_in_order")
def test_data_are_left_alone(submission, rng):
    """The images and labels handed in are the same after they were served, in order and shuffled."""
    images, labels = some_images(rng, 8, 3, 2)
    for shuffle in (False, True):
        left = submission.run(after_serving, images, labels, shuffle)
        assert_equal(left, (images, labels), what=f"(images, labels) after batches with shuffle={shuffle}")


@pytest.mark.needs("batches_in_order")
def test_refuses_a_label_too_few(submission, rng):
    """Six images with five labels, and with seven, are a ValueError."""
    images, labels = some_images(rng, 7, 2, 2)
    assert_raises(ValueError, submission.run, served, images[:6], labels[:5], 2)
    assert_raises(ValueError, submission.run, served, images[:6], labels, 2)


@pytest.mark.needs("file_written_by_hand")
def test_numbers_may_be_written_to(submission):
    """The tensor has memory of its own: writing into it leaves the file's bytes as they are."""
    raw = bytes([0, 0, 8, 1, 0, 0, 0, 3, 10, 20, 30])
    numbers, same = submission.run(written_to, raw)
    assert_close(numbers, torch.tensor([11, 21, 31], dtype=torch.uint8), what="numbers after adding 1")
    assert_equal(same, True, what="bytes of the file, left as they were?")
