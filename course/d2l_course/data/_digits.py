"""The digits that ship with the course."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
import torch
from torch import Tensor

SOURCE = "shipped with the course"


@dataclass(frozen=True)
class Digits:
    """Handwritten digits of 8 x 8 pixels, split once and for all into 1437 to train on and 360 to test on.

    Attributes:
        train_images: float32 [1437, 64], one row of pixels per image, row after row, from 0 (paper) to 16
            (ink).
        train_labels: int64 [1437], the digit shown, 0 to 9.
        test_images: float32 [360, 64].
        test_labels: int64 [360].
        source: Where they are from, for reports.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    source: str = SOURCE


def read_digits() -> Digits:
    """The digits, fresh tensors at every call."""
    with resources.files("d2l_course.data").joinpath("digits.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return Digits(
            train_images=torch.from_numpy(arrays["train_images"]).float(),
            train_labels=torch.from_numpy(arrays["train_labels"]).long(),
            test_images=torch.from_numpy(arrays["test_images"]).float(),
            test_labels=torch.from_numpy(arrays["test_labels"]).long(),
        )
