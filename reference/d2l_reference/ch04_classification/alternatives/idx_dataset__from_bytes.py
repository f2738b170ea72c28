import gzip
import io

import torch
from torch import Tensor

NAMES = "t-shirt trouser pullover dress coat sandal shirt sneaker bag".split() + ["ankle boot"]


def parse_idx(raw: bytes) -> Tensor:
    stream = io.BytesIO(raw)
    if raw.startswith(bytes([0x1F, 0x8B])):
        stream = gzip.GzipFile(fileobj=stream)
    magic = stream.read(4)
    if len(magic) != 4 or magic[0] or magic[1] or magic[2] != 8:
        raise ValueError("magic")
    total, sizes = 1, []
    for _ in range(magic[3]):
        size = stream.read(4)
        if len(size) < 4:
            raise ValueError("header")
        sizes.append(int.from_bytes(size, byteorder="big"))
        total *= sizes[-1]
    body = stream.read()
    if len(body) != total:
        raise ValueError("body")
    return torch.tensor(list(body), dtype=torch.uint8).view(sizes)


def text_labels(y: Tensor) -> list[str]:
    return [NAMES[int(i)] for i in y]


class _Batches:
    def __init__(self, images, labels, batch_size, shuffle, seed):
        if images.shape[0] != labels.shape[0]:
            raise ValueError("lengths differ")
        self.images, self.labels = images.unsqueeze(1).to(torch.float32).div(255.0), labels.to(torch.int64)
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed

    def __iter__(self):
        torch.manual_seed(self.seed)
        order = torch.randperm(len(self.labels)) if self.shuffle else torch.arange(len(self.labels))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.images[rows], self.labels[rows]


def batches(images: Tensor, labels: Tensor, batch_size: int, shuffle: bool = False, seed: int = 0):
    return _Batches(images, labels, batch_size, shuffle, seed)
