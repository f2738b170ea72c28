import gzip

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

LABELS = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def parse_idx(raw: bytes) -> Tensor:
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    try:
        zero, kind, dims = np.frombuffer(raw, ">u2", 1)[0], raw[2], raw[3]
        sizes = np.frombuffer(raw, ">u4", dims, offset=4).astype(int)
        if zero != 0 or kind != 8:
            raise ValueError("magic")
        return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(sizes).copy())
    except IndexError as error:
        raise ValueError("too short") from error


def text_labels(y: Tensor) -> list[str]:
    return list(map(LABELS.__getitem__, y.long().tolist()))


def batches(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool = False, seed: int = 0) -> list:
    if len(images) != len(labels):
        raise ValueError("lengths")
    data = TensorDataset(images.unsqueeze(1) / 255, labels.long())
    generator = torch.Generator().manual_seed(seed)
    return list(DataLoader(data, batch_size, shuffle=shuffle, generator=generator))
