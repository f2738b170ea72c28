"""Reading archives: what students and platforms make is read, what could harm is refused by name."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import pytest
from d2l_kit.errors import SubmissionError
from d2l_kit.submission import Submission, read_submission
from submission_samples import GOOD, exercises, tarred, zipped

MIB = 1 << 20


@pytest.mark.parametrize("name", ["alice.zip", "alice.tar", "alice.tar.gz", "alice.tgz", "Alice.ZIP"])
@pytest.mark.parametrize("prefix", ["", "ch07/", "./ch07/", "project/", "project/ch07/", "a/b/ch07_cnn/"])
def test_every_kind_of_archive_is_read_with_folders_around_its_content(tmp_path: Path, name: str, prefix: str) -> None:
    if name.lower().endswith(".zip"):
        data = zipped({f"{prefix}corr2d.py": GOOD, f"{prefix}data.csv": "1"})
    else:
        data = tarred([(f"{prefix}corr2d.py", GOOD, {})], "w" if name.endswith(".tar") else "w:gz")
    read = _read(tmp_path, name, data)
    assert read.name == name.split(".")[0]
    assert read.sources["ch07/corr2d"].text == GOOD
    assert not read.problems


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_tars_are_read(tmp_path: Path, form: int) -> None:
    long = "/".join(["ordner-" + "x" * 60, "Daniël", "ch07", "corr2d.py"])
    deep = "y" * 120 + ".txt" if form != tarfile.USTAR_FORMAT else "y.txt"
    data = tarred([(long, GOOD, {}), (deep, "1", {})], "w:gz", format=form)
    assert _read(tmp_path, "a.tar.gz", data).sources["ch07/corr2d"].text == GOOD


def test_a_tar_is_known_by_its_content_where_a_browser_has_unpacked_the_gzip(tmp_path: Path) -> None:
    data = tarred([("corr2d.py", GOOD, {})], "w")
    assert _read(tmp_path, "a.tar.gz", data).sources.keys() == {"ch07/corr2d"}


def test_what_macos_and_windows_leave_behind_is_ignored(tmp_path: Path) -> None:
    files = {
        "hw/": "",
        "hw/corr2d.py": GOOD,
        "hw/.DS_Store": b"\0",
        "hw/Thumbs.db": b"\0",
        "__MACOSX/hw/._corr2d.py": b"\0\5\x16\7",
        "hw/.ipynb_checkpoints/corr2d.py": "old",
    }
    read = _read(tmp_path, "a.zip", zipped(files))
    assert read.sources["ch07/corr2d"].text == GOOD
    assert not read.sources["ch07/corr2d"].notes


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_folder_names_in_any_encoding_are_read(tmp_path: Path, form: str) -> None:
    folder = unicodedata.normalize(form, "Daniël")
    unmarked = _without_utf8_mark(zipped({f"{folder}/corr2d.py": GOOD}))
    source = _read(tmp_path, "a.zip", unmarked).sources["ch07/corr2d"]
    assert source.file == f"{folder}/corr2d.py"
    dos = zipped({"DaniXl/corr2d.py": GOOD}).replace(b"DaniXl", b"Dani\x89l")
    assert _read(tmp_path, "b.zip", dos).sources["ch07/corr2d"].file == "Daniël/corr2d.py"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../x", "leads out of the archive by '..'"),
        ("a/../../x", "leads out of the archive by '..'"),
        ("/etc/passwd", "has an absolute path"),
        ("C:/x", "has an absolute path"),
        ("C:\\x", "has an absolute path"),
        ("a\\..\\x", "has a backslash in its name"),
        ("a/" * 100 + "x", "has an endless name"),
    ],
)
def test_an_entry_that_leads_elsewhere_is_refused_by_name_in_zips_and_tars(
    tmp_path: Path, name: str, says: str
) -> None:
    for file, data in {
        "a.zip": zipped({"corr2d.py": GOOD, name: "1"}),
        "a.tar.gz": tarred([("corr2d.py", GOOD, {}), (name, "1", {})]),
    }.items():
        _refused(tmp_path, file, data, says, entry=name[:10].replace("\\", "\\\\"))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (tarfile.SYMTYPE, "is a symbolic link"),
        (tarfile.LNKTYPE, "is a hard link"),
        (tarfile.FIFOTYPE, "is a FIFO"),
        (tarfile.CHRTYPE, "is a device"),
        (tarfile.BLKTYPE, "is a device"),
        (tarfile.GNUTYPE_SPARSE, "is a sparse file"),
        (b"V", "is of an unknown kind"),
    ],
)
def test_links_and_devices_in_tars_are_refused_by_name(tmp_path: Path, kind: bytes, says: str) -> None:
    entries = [("corr2d.py", GOOD, {}), ("bad.py", "", {"type": kind, "linkname": "/etc/passwd"})]
    _refused(tmp_path, "a.tar", tarred(entries, "w", format=tarfile.GNU_FORMAT), says, entry="bad.py")


@pytest.mark.parametrize(
    ("mode", "says"), [(0o120777, "is a symbolic link"), (0o010644, "is a FIFO"), (0o020644, "is a device")]
)
def test_links_and_devices_in_zips_are_refused_by_name(tmp_path: Path, mode: int, says: str) -> None:
    data = zipped({"bad.py": "/etc/passwd"}, external_attr=mode << 16, create_system=3)
    _refused(tmp_path, "a.zip", data, says, entry="bad.py")


def test_an_encrypted_zip_is_refused_with_the_remedy(tmp_path: Path) -> None:
    data = bytearray(zipped({"corr2d.py": GOOD}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    error = _refused(tmp_path, "a.zip", bytes(data), "is encrypted", entry="corr2d.py")
    assert error.remedy == "Hand in a .zip without a password."


def test_a_method_of_compression_that_could_not_be_bounded_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("corr2d.py", GOOD)
    _refused(tmp_path, "a.zip", buffer.getvalue(), "is compressed by method 14", entry="corr2d.py")


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("ch07/corr2d.py", "ch07/corr2d.py", "is there twice"),
        ("ch07/corr2d.py", "ch07/Corr2D.py", "collides with 'ch07/corr2d.py'"),
        ("ü/corr2d.py", "u\u0308/corr2d.py", "collides with 'ü/corr2d.py'"),
        ("ch07/x", "ch07/x/corr2d.py", "is both a file and a folder"),
        ("ch07/x/corr2d.py", "ch07/x", "is both a file and a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_one_on_some_system_are_refused(tmp_path: Path, first: str, second: str, says: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(first, GOOD)
        packed.writestr(second, "other")
    _refused(tmp_path, "a.zip", buffer.getvalue(), says)
    _refused(tmp_path, "a.tar.gz", tarred([(first, GOOD, {}), (second, "other", {})]), says)


def test_a_folder_that_is_listed_twice_is_harmless(tmp_path: Path) -> None:
    entries = [("ch07", "", {"type": tarfile.DIRTYPE})] * 2 + [("ch07/corr2d.py", GOOD, {})]
    assert _read(tmp_path, "a.tar.gz", tarred(entries)).sources.keys() == {"ch07/corr2d"}


def test_a_bomb_is_refused_by_what_comes_out_of_it_in_little_memory(tmp_path: Path) -> None:
    bomb = zipped({"corr2d.py": GOOD, "zeros.bin": bytes(80 * MIB)})
    assert len(bomb) < 100_000
    _refused_cheaply(tmp_path, "a.zip", bomb, "takes the unpacked size above 64 MiB", "zeros.bin")
    tar_bomb = tarred([("corr2d.py", GOOD, {}), ("zeros.bin", bytes(80 * MIB), {})])
    _refused_cheaply(tmp_path, "a.tar.gz", tar_bomb, "takes the unpacked size above 64 MiB", "zeros.bin")


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    data = zipped({"corr2d.py": "#" * 5000})
    lie = data.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != data
    _refused(tmp_path, "a.zip", lie, "a.zip is not a readable archive")


def test_entries_that_share_their_data_are_counted_each(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a0", bytes(MIB))
        (first,) = packed.infolist()
        for number in range(1, 100):
            twin = zipfile.ZipInfo("a0")
            for field in zipfile.ZipInfo.__slots__:
                if hasattr(first, field):
                    setattr(twin, field, getattr(first, field))
            twin.filename = f"b{number}"
            packed.filelist.append(twin)
    with pytest.raises(SubmissionError):
        _read(tmp_path, "a.zip", buffer.getvalue())


def test_tar_headers_without_end_are_refused(tmp_path: Path) -> None:
    huge = tarred([("x" * (4 * MIB), "1", {})], "w:gz", format=tarfile.GNU_FORMAT)
    _refused(tmp_path, "a.tar.gz", huge, "headers in it take")
    endless = gzip.compress((_long_name_header() + bytes(512)) * 1000)
    _refused(tmp_path, "b.tar.gz", endless, "headers in it take")


@pytest.mark.parametrize("records", [b"0 a=b\n", b"-9 path=x\n", b"99999 path=x\n", b"x", b"8 path=x\n", b"5 a=\0"])
def test_damaged_pax_records_are_refused(tmp_path: Path, records: bytes) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, len(records)
    data = header.tobuf(tarfile.USTAR_FORMAT) + records.ljust(512, b"\0")
    data += tarred([("corr2d.py", GOOD, {})], "w")
    _refused(tmp_path, "a.tar", data, "a.tar is not a readable archive")


def test_sizes_below_zero_are_refused(tmp_path: Path) -> None:
    data = bytearray(tarred([("corr2d.py", GOOD, {})], "w"))
    data[124:136] = b"\xff" * 12
    _refused(tmp_path, "a.tar", _with_checksum(data), "has a size below 0", entry="corr2d.py")


def test_more_than_ten_thousand_entries_are_refused(tmp_path: Path) -> None:
    many = {f"{number}": "" for number in range(10_001)}
    _refused(tmp_path, "a.zip", zipped(many), "is one of more than 10000", entry="10000")
    _refused(tmp_path, "a.tar.gz", tarred([(name, "", {}) for name in many]), "is one of more than 10000")


def test_a_table_of_contents_for_a_million_entries_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("d2l_kit.submission._zip.MAX_DIRECTORY", 4000)
    many = zipped({f"{number}": "" for number in range(100)})
    _refused(tmp_path, "a.zip", many, "its table of contents takes")


def test_a_zip_in_a_zip_is_read_and_one_more_level_is_refused(tmp_path: Path) -> None:
    inner = zipped({"ch07/corr2d.py": GOOD})
    middle = zipped({"work/inner.zip": inner})
    source = _read(tmp_path, "a.zip", middle).sources["ch07/corr2d"]
    assert source.text == GOOD
    assert source.file == "work/inner.zip/ch07/corr2d.py"
    _refused(tmp_path, "b.zip", zipped({"middle.zip": middle}), "is an archive 3 levels deep", entry="inner.zip")


def test_archives_inside_share_the_bound_of_the_outer_one(tmp_path: Path) -> None:
    inner = {f"{number}.zip": zipped({"zeros": bytes(30 * MIB)}) for number in range(3)}
    _refused(tmp_path, "a.zip", zipped(inner), "takes the unpacked size above 64 MiB")


def test_an_archive_beside_code_is_nobodys_concern(tmp_path: Path) -> None:
    read = _read(tmp_path, "a.zip", zipped({"corr2d.py": GOOD, "data.7z": b"?", "data.zip": b"?"}))
    assert read.sources.keys() == {"ch07/corr2d"}


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\x07\x01\0", b"BZh91AY&SY", b"\xfd7zXZ\0\0\4"])
def test_other_archives_are_refused_whatever_they_are_called(tmp_path: Path, magic: bytes) -> None:
    error = _refused(tmp_path, "a.zip", magic + bytes(600), "which is not read here", entry="a.zip")
    assert error.remedy == "Hand in a .zip."
    _refused(tmp_path, "b.zip", zipped({"work.7z": magic}), "which is not read here", entry="work.7z")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_broken_archives_are_named(tmp_path: Path, name: str) -> None:
    whole = {
        "a.zip": zipped({"corr2d.py": GOOD * 50}),
        "a.tar": tarred([("corr2d.py", GOOD * 50, {})], "w"),
        "a.tar.gz": tarred([("corr2d.py", GOOD * 50, {})]),
    }[name]
    for data in (b"", b"no archive at all", whole[: len(whole) // 20 + 30]):
        _refused(tmp_path, name, data, f"{name} is not a readable archive")


def test_an_archive_without_files_is_a_submission_with_nothing_in_it(tmp_path: Path) -> None:
    read = _read(tmp_path, "a.zip", zipped({}))
    assert (read.sources, read.problems) == ({}, {})


def test_a_folder_called_corr2d_py_in_an_archive_is_a_problem(tmp_path: Path) -> None:
    read = _read(tmp_path, "a.zip", zipped({"ch07/corr2d.py/": ""}))
    assert "ch07/corr2d.py is a folder, not a file" in read.problems["ch07/corr2d"]


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    before = {path.name for path in tmp_path.iterdir()} | {"a.zip", "ch07_course", "ch08_course"}
    _read(tmp_path, "a.zip", zipped({"inner.zip": zipped({"corr2d.py": GOOD})}))
    assert {path.name for path in tmp_path.iterdir()} == before
    assert not list(temp.iterdir())


def _read(tmp_path: Path, name: str, data: bytes) -> Submission:
    path = tmp_path / name
    path.write_bytes(data)
    return read_submission(path, exercises(tmp_path))


def _refused(tmp_path: Path, name: str, data: bytes, says: str, entry: str = "") -> SubmissionError:
    with pytest.raises(SubmissionError) as caught:
        _read(tmp_path, name, data)
    assert says in caught.value.message
    assert entry in caught.value.message
    assert caught.value.remedy
    return caught.value


def _refused_cheaply(tmp_path: Path, name: str, data: bytes, says: str, entry: str) -> None:
    tracemalloc.start()
    try:
        _refused(tmp_path, name, data, says, entry)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


def _without_utf8_mark(data: bytes) -> bytes:
    changed = bytearray(data)
    for magic, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        changed[data.index(magic) + offset] &= ~0x08
    return bytes(changed)


def _long_name_header() -> bytes:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1
    return header.tobuf(tarfile.GNU_FORMAT)


def _with_checksum(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)
