"""Fashion-MNIST's file format, its labels, and batches of its images (section 4.3)."""

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
    """Read an IDX file of unsigned bytes, the format of MNIST and Fashion-MNIST.

    Such a file is: two bytes that are 0; one byte for the type, 8 for unsigned bytes; one byte for the number
    of dimensions, 1 or more; for each dimension its size, four bytes, the most significant first; and then all
    numbers, one byte each, row after row. A size may be 0: then no numbers follow, and the tensor is empty. The
    file often comes compressed by gzip, which begins with the bytes 0x1f and 0x8b.

    Args:
        raw: The content of the file, compressed by gzip or not.

    Returns:
        The numbers, uint8, in the shape the file says; memory of its own, which may be written to.

    Raises:
        ValueError: The file does not begin with 0, 0 and 8, it ends within the sizes, or what follows them is
            shorter or longer than they say.

    Example:
        >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 255]))
        tensor([[  7,   8, 255]], dtype=torch.uint8)

    Book: section 4.3.
    """
    raise NotImplementedError


def text_labels(y: Tensor) -> list[str]:
    """Name labels.

    Args:
        y: Labels from 0 to 9, [n], of any whole-number dtype.

    Returns:
        Their names in `LABELS`.

    Example:
        >>> text_labels(torch.tensor([9, 0]))
        ['ankle boot', 't-shirt']
    """
    raise NotImplementedError


def batches(
    images: Tensor, labels: Tensor, batch_size: int, shuffle: bool = False, seed: int = 0
) -> Iterable[tuple[Tensor, Tensor]]:
    """Serve images and their labels in batches, ready for a network. All are served; the last batch may be smaller.

    The tensors handed in are left as they are.

    Args:
        images: Grey images, uint8 [n, h, w].
        labels: uint8 [n].
        batch_size: Images in a batch.
        shuffle: Whether to serve them in random order instead of theirs: one permutation of all images.
        seed: Decides the random order: the same seed gives the same.

    Returns:
        Something to loop over that gives pairs: m images, float32 [m, 1, h, w], from 0 to 1 (255 becomes 1),
        and their labels, int64 [m].

    Raises:
        ValueError: There are not as many labels as images; when the first batch is asked for at the latest.

    Example:
        >>> images, labels = torch.full((5, 28, 28), 255, dtype=torch.uint8), torch.zeros(5, dtype=torch.uint8)
        >>> [X.shape for X, y in batches(images, labels, 4)]
        [torch.Size([4, 1, 28, 28]), torch.Size([1, 1, 28, 28])]
    """
    raise NotImplementedError
