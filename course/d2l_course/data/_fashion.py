"""Fashion-MNIST: its four files, and the one loader for the real set and its offline default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from d2l_kit.errors import MachineError

from d2l_course.data._store import MISSING, RealFile, RealSet, folder_of, inspect

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 28
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
REAL = "the real data set"
DEFAULT = "the offline default, the course's digits enlarged to 28 x 28"
_INCOMPLETE = "; of the real data set these are missing: {names}"
_DAMAGED = "{path}: {problem}."
_AGAIN = "`d2l-kit data get {name}` replaces it; without the folder {folder} the offline default is used."


@dataclass(frozen=True)
class Images:
    """Small grey images of ten kinds, to train on and to test on.

    Attributes:
        train_images: uint8 [n, 28, 28], from 0 (ground) to 255, as in the files.
        train_labels: int64 [n], 0 to 9.
        test_images: uint8 [m, 28, 28].
        test_labels: int64 [m].
        class_names: What each label stands for.
        source: Which of the two this is, for reports.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    class_names: tuple[str, ...]
    source: str


def _form_of_images(count: int, path: Path) -> str:
    return _form(path, (count, SIDE, SIDE))


def _form_of_labels(count: int, path: Path) -> str:
    """Every kind of clothes is there equally often: that much can be told without a published checksum."""
    if problem := _form(path, (count,)):
        return problem
    from d2l_course.data import idx

    often = idx.read(path).long().bincount(minlength=len(CLOTHES)).tolist()
    even = [count // len(CLOTHES)] * len(CLOTHES)
    return "" if often == even else f"labels 0 to 9 must each occur {even[0]} times, and no others"


def _form(path: Path, shape: tuple[int, ...]) -> str:
    from d2l_course.data import idx

    try:
        found = tuple(idx.parse(path.read_bytes()).shape)
    except idx.NotIdx as error:
        return str(error)
    return "" if found == shape else f"it holds {_by(found)} numbers, not {_by(shape)}"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def real_set(
    name: str, sums: Mapping[str, tuple[int, str]], counts: tuple[int, int], mirrors: tuple[str, ...]
) -> RealSet:
    """A set of four IDX files as MNIST and its kin have them.

    Args:
        name: Of the set.
        sums: Size and SHA-256 of each gzipped file, by its name without `.gz`: images and labels to train on, then
            those to test on.
        counts: How many images there are to train on and to test on.
        mirrors: Addresses that the files' names are put behind.
    """
    train, test = counts
    forms = (partial(_form_of_images, train), partial(_form_of_labels, train),
             partial(_form_of_images, test), partial(_form_of_labels, test))  # fmt: skip
    files = (RealFile(each, *sums[each], form) for each, form in zip(sums, forms, strict=True))
    return RealSet(name, tuple(files), mirrors)


# Sizes and sums as many who use the set publish them; they agree with the MD5 sums on the page of its authors.
FASHION_MNIST = real_set(
    "fashion_mnist",
    {
        "train-images-idx3-ubyte": (26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        "train-labels-idx1-ubyte": (29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        "t10k-images-idx3-ubyte": (4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        "t10k-labels-idx1-ubyte": (5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    },
    (60000, 10000),
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    ),
)


def read_images(real: RealSet) -> Images:
    """The real set if all its files are on this machine, else the offline default. Never downloads.

    Raises:
        MachineError: A file is damaged.
    """
    folder = folder_of(real)
    files = [file for file in inspect(real) if file.counts]
    missing = [file.path.name for file in files if file.problem == MISSING]
    for file in files:
        if file.problem and file.problem != MISSING:
            raise MachineError(
                _DAMAGED.format(path=file.path, problem=file.problem), _AGAIN.format(name=real.name, folder=folder)
            )
    if missing or not files:
        return _default(missing)
    from d2l_course.data import idx

    train, train_labels, test, test_labels = (idx.read(file.path) for file in files)
    return Images(train, train_labels.long(), test, test_labels.long(), CLOTHES, REAL)


def _default(missing: Sequence[str]) -> Images:
    from d2l_course.data._digits import read_digits

    digits = read_digits()
    return Images(
        _enlarged(digits.train_images),
        digits.train_labels,
        _enlarged(digits.test_images),
        digits.test_labels,
        tuple("0123456789"),
        DEFAULT + (_INCOMPLETE.format(names=", ".join(missing)) if missing else ""),
    )


def _enlarged(images: Tensor) -> Tensor:
    """Digits of 8 x 8 pixels from 0 to 16 as bytes: each pixel three wide and high, and a margin of two."""
    from torch.nn.functional import pad

    large = images.reshape(-1, 8, 8).repeat_interleave(3, dim=1).repeat_interleave(3, dim=2)
    return pad((large * 255 / 16).round().byte(), (2, 2, 2, 2))
