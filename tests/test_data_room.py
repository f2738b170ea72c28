"""The data room: the offline default is whole, and is what its page says."""

from __future__ import annotations

import torch
from d2l_course import data


def test_digits_are_images_in_0_to_16_with_labels_0_to_9_and_a_fixed_split():
    digits = data.digits()
    assert digits.train_images.shape == (1437, 64)
    assert digits.test_images.shape == (360, 64)
    for images, labels in (
        (digits.train_images, digits.train_labels),
        (digits.test_images, digits.test_labels),
    ):
        assert images.is_floating_point()
        assert labels.dtype == torch.int64
        assert (images.min(), images.max()) == (0, 16)
        assert sorted(labels.unique().tolist()) == list(range(10))
        assert len(labels) == len(images)


def test_no_image_of_the_split_is_on_both_sides_more_often_than_the_set_repeats_itself():
    digits = data.digits()
    train = {tuple(row) for row in digits.train_images.tolist()}
    assert sum(tuple(row) in train for row in digits.test_images.tolist()) < 5


def test_reading_twice_gives_tensors_of_their_own():
    first, second = data.digits(), data.digits()
    first.train_images.zero_()
    assert second.train_images.any()
