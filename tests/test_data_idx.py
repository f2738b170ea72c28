"""IDX files: what is written is read back, and what is not right is refused by name."""

from __future__ import annotations

import gzip
import struct

import pytest
import torch
from d2l_course.data import idx
from d2l_kit.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

WHOLE = bytes([0, 0, 8, 2]) + struct.pack(">2I", 2, 3) + bytes(range(6))
PACKED = gzip.compress(WHOLE, mtime=0)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.booleans())
def test_what_is_written_is_read_back_plain_and_gzipped(tmp_path_factory, shape, packed):
    numbers = torch.arange(torch.Size(shape).numel()).remainder(256).byte().reshape(shape)
    path = tmp_path_factory.mktemp("idx") / ("x.gz" if packed else "x")
    idx.write(path, numbers)
    assert torch.equal(idx.read(path), numbers)


def test_the_first_size_is_the_outermost_dimension_and_the_result_is_writable():
    numbers = idx.parse(WHOLE)
    assert numbers.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert numbers.dtype is torch.uint8
    numbers[0, 0] = 9
    assert idx.parse(WHOLE)[0, 0] == 0


def test_the_same_numbers_give_the_same_gzipped_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        idx.write(tmp_path / name, torch.zeros(3, dtype=torch.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "first four bytes, after 0"),
        (WHOLE[:3], "first four bytes, after 3"),
        (b"\x89PNG" + WHOLE[4:], "two zero bytes, this one with 89 50"),
        (WHOLE[:2] + b"\x0d" + WHOLE[3:], "kind 0x0d"),
        (WHOLE[:3] + b"\x00" + WHOLE[4:], "0 dimensions"),
        (WHOLE[:3] + b"\xff" + WHOLE[4:], "255 dimensions"),
        (WHOLE[:9], "ends within its header, which has 12 bytes, after 9"),
        (WHOLE[:-1], "2 x 3 numbers take 6 bytes, there are 5: it is cut short"),
        (WHOLE + b"\0", "there are 7: it is too long"),
        (WHOLE[:4] + b"\xff" * 8 + WHOLE[12:], "cut short"),
        (PACKED[:-9], "gzip data is cut short"),
        (PACKED[:10], "gzip data is cut short"),
        (PACKED[:-8] + b"\0" * 8, "gzip data is damaged"),
        (PACKED + b"rest", "gzip data is damaged"),
        (b"\x1f\x8b" + b"\xff" * 30, "gzip data is damaged"),
        (gzip.compress(WHOLE[:-2], mtime=0), "there are 4: it is cut short"),
    ],
)
def test_what_is_not_a_whole_idx_file_is_refused_with_the_reason_and_the_file(tmp_path, raw, said):
    path = tmp_path / "images"
    path.write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        idx.read(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.remedy


def test_an_archive_that_swells_is_refused(monkeypatch):
    monkeypatch.setattr(idx, "LARGEST", 1000)
    with pytest.raises(idx.NotIdx, match="more than 1000 bytes"):
        idx.parse(gzip.compress(bytes(5000)))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        idx.read(tmp_path / "nowhere")


@pytest.mark.parametrize("numbers", [torch.zeros(3), torch.tensor(3, dtype=torch.uint8)])
def test_only_bytes_with_a_dimension_are_written(tmp_path, numbers):
    with pytest.raises(ValueError, match="uint8"):
        idx.write(tmp_path / "x", numbers)
