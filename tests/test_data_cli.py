"""`d2l-kit data`: what it prints, how it ends, and that plugins bring the data sets."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from d2l_course.data import _fashion
from d2l_kit import plugins
from d2l_kit.cli import main
from d2l_kit.hookspecs import DataSet, hookimpl
from data_samples import NAMES, contents, make_files, serving, small_set

LAST = f"{NAMES[3]}.gz"
SCRIPT = """
import json, sys
from d2l_kit.cli import main
code = main(["data", "list"])
print(json.dumps([code, [name for name in sys.modules]]), file=sys.stderr)
"""


@pytest.fixture
def published(tmp_path, monkeypatch):
    """The small set takes Fashion-MNIST's place; it is nowhere yet but in this folder."""
    monkeypatch.setenv("D2L_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    folder = make_files(tmp_path / "published")
    monkeypatch.setattr(_fashion, "FASHION_MNIST", small_set(folder))
    return folder


@pytest.fixture
def cache(tmp_path):
    """Where the set will be."""
    return tmp_path / "cache" / "fashion_mnist"


def test_list_says_what_there_is_and_which_is_used(published, capsys):
    assert main(["data", "list"]) == 0
    head, digits, fashion = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head[:2] == ["data", "set"]
    assert digits[:3] == ["digits", "-", "ships"]
    assert fashion[:4] == ["fashion_mnist", "0.0", "MB", "default"]
    assert main(["data", "get", "fashion_mnist", "--from", str(published)]) == 0
    capsys.readouterr()
    assert main(["data", "list", "fashion-mnist"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["fashion_mnist", "0.0", "MB", "real"]


def test_get_from_a_folder_tells_each_file_on_stderr_and_the_place_on_stdout(published, cache, capsys):
    assert main(["data", "get", "fashion_mnist", "--from", str(published)]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"fashion_mnist: the real data set is in {cache}. Checks use it from now on.\n"
    assert [line.partition(": 100 %")[0] for line in printed.err.splitlines()] == [f"{name}.gz" for name in NAMES]
    assert contents(cache) == contents(published)


def test_get_downloads_and_does_so_again_when_forced(published, monkeypatch, capsys):
    with serving(contents(published)) as (address, asked):
        monkeypatch.setattr(_fashion, "FASHION_MNIST", small_set(published, address))
        for options, count in (([], 4), ([], 4), (["--force"], 8)):
            assert main(["data", "get", "fashion_mnist", *options]) == 0
            assert len(asked) == count


def test_get_without_a_network_ends_with_3_and_the_way_round(published, monkeypatch, capsys):
    with serving({}) as (address, _):
        monkeypatch.setattr(_fashion, "FASHION_MNIST", small_set(published, address))
        assert main(["data", "get", "fashion_mnist"]) == 3
    assert "--from FOLDER" in capsys.readouterr().err


def test_progress_on_a_terminal_stays_on_one_line_for_each_file(published, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["data", "get", "fashion_mnist", "--from", str(published)]) == 0
    told = capsys.readouterr().err
    assert told.count("\n") == 4
    assert told.count("\r") >= 4


def test_check_names_what_is_damaged_or_missing_and_ends_with_1(published, cache, capsys):
    assert main(["data", "check"]) == 0
    assert "fashion_mnist: not fetched; checks use the offline default" in capsys.readouterr().out
    assert main(["data", "get", "fashion_mnist", "--from", str(published)]) == 0
    assert main(["data", "check", "fashion_mnist"]) == 0
    assert f"fashion_mnist: whole, in {cache}" in capsys.readouterr().out
    (cache / LAST).unlink()
    (cache / f"{NAMES[1]}.gz").write_bytes(b"\x1f\x8b")
    (cache / f"{NAMES[1]}.gz.77.part").write_bytes(b"")
    assert main(["data", "check"]) == 1
    out = capsys.readouterr().out
    assert f"fashion_mnist: not whole, in {cache}" in out
    assert f"✗ {LAST}: missing" in out
    assert f"✗ {NAMES[1]}.gz: it has 2 bytes, not" in out
    assert f"· {NAMES[1]}.gz.77.part: unfinished" in out
    assert f"· {NAMES[0]}.gz: right" in out
    assert "`d2l-kit data get fashion_mnist` fetches what is missing or damaged." in out


def test_path_prints_nothing_but_the_folder(published, cache, capsys):
    assert main(["data", "path"]) == 0
    assert capsys.readouterr() == (f"{cache}\n", "")
    assert main(["data", "path", "digits"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "ships with the course" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get"], "needs the name of a data set: fashion_mnist"),
        (["get", "fashon_mnist"], "Did you mean fashion_mnist?"),
        (["check", "cifar"], "There is no data set named 'cifar'"),
        (["list", "--force"], "only for `d2l-kit data get`"),
        (["check", "--from", "."], "only for `d2l-kit data get`"),
        (["get", "fashion_mnist", "--from", "nowhere"], "nowhere is not a folder"),
        (["fetch"], "'fetch' is not one of"),
    ],
)
def test_a_command_line_that_cannot_be_used_ends_with_2_and_says_why(published, capsys, arguments, said):
    assert main(["data", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_getting_what_ships_is_no_error(published, capsys):
    assert main(["data", "get", "digits"]) == 0
    assert "there is nothing to fetch" in capsys.readouterr().err


def test_a_damaged_file_in_the_folder_given_ends_with_2_and_is_named(published, cache, capsys):
    (published / LAST).write_bytes(b"")
    assert main(["data", "get", "fashion_mnist", "--from", str(published)]) == 2
    assert LAST in capsys.readouterr().err
    assert not cache.exists()


def test_listing_imports_nothing_heavy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert sorted({"torch", "numpy", "pytest", "jinja2"} & set(modules)) == []


def test_of_two_data_sets_of_one_name_the_first_counts_and_a_broken_plugin_is_named(monkeypatch, caplog):
    class Brings:
        def __init__(self, title):
            self.title = title

        @hookimpl
        def d2l_kit_data_sets(self):
            if not self.title:
                raise RuntimeError("boom")
            return [DataSet("shapes", self.title, "MIT", dict)]

    monkeypatch.setattr(plugins, "entry_points", lambda group: [])
    found = plugins.data_sets([Brings(""), Brings("first"), Brings("second")])
    assert [(name, each.title) for name, each in found.items()] == [("shapes", "first")]
    assert "boom" in caplog.text
    assert "already provided" in caplog.text
