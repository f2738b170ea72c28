"""Fetching a real data set: whole or not at all, from a mirror or a folder, and never unless it is asked for."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from d2l_course.data import _fetch, _store, idx
from d2l_course.data._fashion import DEFAULT, REAL, read_images
from d2l_kit.errors import MachineError, UsageError
from data_samples import NAMES, contents, make_files, serving, small_set

LAST = f"{NAMES[3]}.gz"


def nothing(name, done, total):
    """Hears of progress and keeps it to itself."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of the data set, not there yet."""
    monkeypatch.setenv("D2L_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache" / "fashion_mnist"


@pytest.fixture
def published(tmp_path):
    """A folder with the files as they are published."""
    return make_files(tmp_path / "published")


@pytest.fixture
def nowhere():
    """An address where nothing listens."""
    with socket.socket() as taken:  # bound and not listening: nobody else can get the port meanwhile
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


def problems(real):
    return {file.path.name: file.problem for file in _store.inspect(real) if file.problem}


def test_all_files_are_fetched_and_read_and_progress_is_told(published, cache):
    told = []
    with serving(contents(published)) as (address, asked):
        real = small_set(published, address)
        _store.get(real, None, False, lambda *progress: told.append(progress))
    assert asked == [f"{name}.gz" for name in NAMES]
    assert contents(cache) == contents(published)
    assert {(name, total) for name, done, total in told if done == total} == {(f.packed, f.size) for f in real.files}
    images = read_images(real)
    assert (images.train_images.shape, images.test_images.shape) == ((30, 28, 28), (20, 28, 28))
    assert (images.train_images.dtype, images.test_labels.dtype) == (torch.uint8, torch.int64)
    assert images.test_labels[:12].tolist() == [*range(10), 0, 1]
    assert images.class_names[9] == "ankle boot"
    assert images.source == REAL


def test_what_is_whole_is_not_fetched_again_unless_forced(published):
    with serving(contents(published)) as (address, asked):
        real = small_set(published, address)
        for force, count in ((False, 4), (False, 4), (True, 8)):
            _store.get(real, None, force, nothing)
            assert len(asked) == count


def test_only_what_is_missing_or_damaged_is_fetched(published, cache):
    with serving(contents(published)) as (address, asked):
        real = small_set(published, address)
        _store.get(real, published, False, nothing)
        (cache / f"{NAMES[0]}.gz").write_bytes(b"damaged")
        (cache / LAST).unlink()
        _store.get(real, None, False, nothing)
        assert asked == [f"{NAMES[0]}.gz", LAST]
    assert problems(real) == {}


def test_the_second_mirror_is_asked_where_the_first_fails(published, nowhere):
    with serving({}) as (empty, _), serving(contents(published)) as (good, _):
        real = small_set(published, nowhere, empty, good)
        _store.get(real, None, False, nothing)
    assert problems(real) == {}


@pytest.mark.parametrize(
    ("change", "promised", "said"),
    [
        (lambda raw: raw[:-3], 0, "it stopped after"),
        (lambda raw: raw[:-3], 3, "it stopped after"),
        (lambda raw: raw + b"x", 0, "it sends more than"),
        (lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), 0, "its SHA-256 is"),
        (lambda raw: b"<html>please log in</html>", 0, "it stopped after 26 of"),
    ],
)
def test_a_file_that_arrives_otherwise_than_published_is_not_kept(published, cache, change, promised, said):
    files = contents(published)
    files[LAST] = change(files[LAST])
    with serving({LAST: files[LAST]}, promised) as (address, _), serving(files) as (first, _):
        real = small_set(published, first)
        with pytest.raises(MachineError):
            _store.get(real, None, False, nothing)
        real = small_set(published, address)
        with pytest.raises(MachineError) as caught:
            _store.get(real, None, False, nothing)
    assert said in caught.value.message
    assert f"{LAST} could not be fetched: 127.0.0.1: " in caught.value.message
    assert sorted(contents(cache)) == sorted(f"{name}.gz" for name in NAMES[:3])


def test_without_a_network_the_reason_and_the_way_round_are_told_and_the_default_serves(published, nowhere):
    real = small_set(published, nowhere)
    with pytest.raises(MachineError) as caught:
        _store.get(real, None, False, nothing)
    assert "127.0.0.1: it cannot be reached" in caught.value.message
    assert "d2l-kit data get fashion_mnist --from FOLDER" in caught.value.remedy
    assert read_images(real).source == DEFAULT


def test_a_file_that_is_missing_everywhere_is_told_with_the_servers_answer(published):
    with serving({}) as (address, _), pytest.raises(MachineError, match="404"):
        _store.get(small_set(published, address), None, False, nothing)


def test_several_fetch_at_once_and_all_succeed(published, cache):
    with serving(contents(published)) as (address, _), ThreadPoolExecutor(6) as pool:
        real = small_set(published, address)
        for done in [pool.submit(_store.get, real, None, True, nothing) for _ in range(6)]:
            done.result()
    assert contents(cache) == contents(published)


def test_an_interruption_leaves_no_part_behind(published, cache):
    def interrupt(name, done, total):
        raise KeyboardInterrupt

    with serving(contents(published)) as (address, _), pytest.raises(KeyboardInterrupt):
        _store.get(small_set(published, address), None, False, interrupt)
    assert contents(cache) == {}


def test_what_a_killed_download_left_is_named_then_removed_when_it_is_old(published, cache):
    real = small_set(published)
    _store.get(real, published, False, nothing)
    old, young = cache / f"{LAST}.0a.part", cache / f"{LAST}.0b.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert problems(real) == {old.name: _store.UNFINISHED, young.name: _store.UNFINISHED}
    assert read_images(real).source == REAL
    _store.get(real, None, False, nothing)
    assert young.exists() and not old.exists()


def test_a_folder_that_cannot_be_written_is_named_with_the_variable_to_set(published, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("D2L_DATA", str(tmp_path / "file"))
    with pytest.raises(MachineError, match="cannot be kept there") as caught:
        _store.get(small_set(published), published, False, nothing)
    assert str(tmp_path / "file") in caught.value.message
    assert "D2L_DATA" in caught.value.remedy


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("below", [".", "raw", "FashionMNIST/raw"])
def test_files_are_taken_from_a_folder_gzipped_or_not(published, tmp_path, packed, below):
    make_files(tmp_path / "mine" / below, packed)
    real = small_set(published)
    _store.get(real, tmp_path / "mine", False, nothing)
    assert problems(real) == {}
    assert read_images(real).source == REAL


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (f"{NAMES[0]}.gz", lambda raw: raw[:-5], "it is cut short"),
        (f"{NAMES[0]}.gz", lambda raw: raw + b"\0", "it is too long"),
        (f"{NAMES[0]}.gz", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), "its SHA-256 is"),
        (NAMES[0], lambda raw: b"\x01" + raw[1:], "two zero bytes"),
        (NAMES[0], lambda raw: raw[:-5], "it is cut short"),
        (
            NAMES[0],
            lambda raw: raw[:7] + bytes([15]) + raw[8 : 16 + 15 * 784],
            "15 x 28 x 28 numbers, not 30 x 28 x 28",
        ),
        (NAMES[1], lambda raw: raw[:-1] + b"\x0b", "labels 0 to 9 must each occur 3 times"),
        (NAMES[3], lambda raw: None, "is not there"),
    ],
)
def test_a_damaged_or_missing_file_in_a_folder_is_named_and_nothing_is_changed(
    published, tmp_path, cache, name, change, said
):
    mine = make_files(tmp_path / "mine", packed=name.endswith(".gz"))
    changed = change((mine / name).read_bytes())
    if changed is None:
        (mine / name).unlink()
    else:
        (mine / name).write_bytes(changed)
    with pytest.raises(UsageError) as caught:
        _store.get(small_set(published), mine, False, nothing)
    assert said in caught.value.message
    assert name in caught.value.message
    assert not cache.exists()


def test_a_file_is_no_folder_to_take_from(published):
    with pytest.raises(UsageError, match="is not a folder"):
        _store.get(small_set(published), published / LAST, False, nothing)


def test_taking_from_the_folder_itself_changes_nothing(published, cache):
    real = small_set(published)
    _store.get(real, published, False, nothing)
    _store.get(real, cache, True, nothing)
    assert contents(cache) == contents(published)


def test_what_replaces_a_file_replaces_it_in_both_forms(published, tmp_path, cache):
    real = small_set(published)
    _store.get(real, published, False, nothing)
    (cache / LAST).write_bytes(b"damaged")
    _store.get(real, make_files(tmp_path / "plain", packed=False), False, nothing)
    assert problems(real) == {}
    assert NAMES[3] in contents(cache) and LAST not in contents(cache)


def test_a_damaged_file_is_named_when_data_are_read(published, cache):
    real = small_set(published)
    _store.get(real, published, False, nothing)
    (cache / LAST).write_bytes(b"damaged")
    with pytest.raises(MachineError) as caught:
        read_images(real)
    assert str(cache / LAST) in caught.value.message
    assert "d2l-kit data get fashion_mnist" in caught.value.remedy


def test_of_an_incomplete_set_the_default_is_used_and_says_what_is_missing(published, cache):
    real = small_set(published)
    _store.get(real, published, False, nothing)
    (cache / LAST).unlink()
    assert problems(real) == {LAST: "missing"}
    assert read_images(real).source == f"{DEFAULT}; of the real data set these are missing: {LAST}"


def test_reading_never_reaches_for_the_network(published, cache, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(_fetch, "download", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert read_images(small_set(published, "http://127.0.0.1:9/")).source == DEFAULT
    assert not cache.exists()


def test_the_default_has_the_form_of_the_real_set(published):
    images = read_images(small_set(published))
    assert images.train_images.shape == (1437, 28, 28)
    assert images.test_images.shape == (360, 28, 28)
    assert (images.train_images.dtype, images.train_labels.dtype) == (torch.uint8, torch.int64)
    assert (images.train_images.min(), images.train_images.max()) == (0, 255)
    assert images.train_labels.unique().tolist() == list(range(10))
    assert len(images.class_names) == 10


@pytest.mark.parametrize(
    ("platform", "variable", "below"),
    [
        ("linux", "XDG_CACHE_HOME", ""),
        ("win32", "LOCALAPPDATA", ""),
        ("linux", "", ".cache"),
        ("darwin", "", "Library/Caches"),
    ],
)
def test_without_a_choice_the_folder_is_in_the_users_cache(published, tmp_path, monkeypatch, platform, variable, below):
    for name in ("D2L_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_store.sys, "platform", platform)
    monkeypatch.setenv(variable or "HOME", str(tmp_path))
    assert _store.folder_of(small_set(published)) == tmp_path / below / "d2l-kit" / "data" / "fashion_mnist"


def test_idx_files_of_the_sample_are_what_they_say(published):
    assert idx.read(published / f"{NAMES[1]}.gz").tolist() == [*range(10)] * 3
