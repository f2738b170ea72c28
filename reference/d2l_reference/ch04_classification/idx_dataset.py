import gzip
import math
import struct
from collections.abc import Iterable

import torch
from torch import Tensor

LABELS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def parse_idx(raw: bytes) -> Tensor:
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08":
        raise ValueError(f"no IDX file of unsigned bytes: it begins with {raw[:4]!r}")
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise ValueError(f"{raw[3]} sizes should follow, but the file ends after {len(raw)} bytes")
    sizes = struct.unpack(f">{raw[3]}I", raw[4:start])
    if len(raw) - start != math.prod(sizes):
        raise ValueError(f"sizes {sizes} need {math.prod(sizes)} bytes, but {len(raw) - start} follow")
    # A copy: bytes must not be written to.
    return torch.tensor(bytearray(raw[start:]), dtype=torch.uint8).reshape(sizes)


def text_labels(y: Tensor) -> list[str]:
    return [LABELS[label] for label in y.tolist()]


def batches(
    images: Tensor, labels: Tensor, batch_size: int, shuffle: bool = False, seed: int = 0
) -> Iterable[tuple[Tensor, Tensor]]:
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images, but {len(labels)} labels")
    order = torch.arange(len(images))
    if shuffle:
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    for rows in order.split(batch_size):
        yield images[rows].float()[:, None] / 255, labels[rows].long()
