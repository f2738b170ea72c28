"""The command line itself: errors become exit codes, what is light stays light, no character stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from d2l_kit import errors
from d2l_kit.cli import main

HEAVY = ("torch", "numpy", "pytest", "nbformat", "jinja2", "rich", "pydantic", "click.testing", "asyncio")
SCRIPT = """
import json, sys
from d2l_kit.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, [name for name in sys.modules]]), file=sys.stderr)
"""

Failing = Callable[[BaseException], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Makes loading the course, and with it `d2l-kit list`, raise."""

    def fail(error: BaseException) -> None:
        def load() -> None:
            raise error

        monkeypatch.setattr("d2l_kit.plugins.load_course", load)

    return fail


@pytest.mark.parametrize(
    "arguments", [["list"], ["--help"], ["list", "--help"], ["--version"], ["list", "--format=json"]]
)
def test_light_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert sorted(set(HEAVY) & set(modules)) == []


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("start", "check", "hint", "status", "list", "reset", "submit", "doctor", "grade", "author"):
        assert f"\n  {name} " in out


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in (
        "start",
        "init",
        "check",
        "hint",
        "status",
        "list",
        "reset",
        "submit",
        "doctor",
        "grade",
        "author",
    ):
        assert main([name, "--help"]) == 0
        assert f"d2l-kit {name}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    from d2l_kit import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"d2l-kit {__version__}\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("what", "do this"), 2),
        (errors.SubmissionError("what", "do this"), 2),
        (errors.MachineError("what", "do this"), 3),
        (errors.AuthorError("what", "do this"), 3),
    ],
)
def test_the_kits_errors_are_told_with_their_remedy(
    failing: Failing, capsys: pytest.CaptureFixture[str], error: errors.KitError, code: int
) -> None:
    failing(error)
    assert main(["list"]) == code
    captured = capsys.readouterr()
    assert captured.err == "error: what\n  do this\n"
    assert captured.out == ""


def test_any_other_exception_is_one_line_and_exit_3(failing: Failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(RuntimeError("two\nlines"))
    assert main(["list"]) == 3
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("d2l-kit broke: RuntimeError: two lines; run with --debug")


@pytest.mark.parametrize("arguments", [["--debug", "list"], ["list", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(
    failing: Failing, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    failing(RuntimeError("inside"))
    assert main(arguments) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130_and_no_traceback(failing: Failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(KeyboardInterrupt())
    assert main(["list"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["list", "--format", "json"], errors.UsageError("what", "do this"), 2),
        (["list", "--format=json"], RuntimeError("what"), 3),
        (["list", "--format=json", "--nonsense"], None, 2),
    ],
)
def test_json_was_asked_for_and_json_comes_whatever_happens(
    failing: Failing,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    error: BaseException | None,
    code: int,
) -> None:
    if error is not None:
        failing(error)
    assert main(arguments) == code
    assert json.loads(capsys.readouterr().out)["exit_code"] == code


def test_a_misspelt_command_is_offered_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek"]) == 2
    err = capsys.readouterr().err
    assert "chek" in err
    assert "'check'" in err


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


def test_the_author_group_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["author", "--help"]) == 0
    assert "authors" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="no C locale on Windows")
def test_names_of_any_script_are_printed_under_the_c_locale(tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name in ("\u043a\u0440\u0430\u0439", "\U0001f600", "\ud800"):
        done = subprocess.run(
            [sys.executable, "-m", "d2l_kit", "list", os.fsencode(name) if name != "\ud800" else b"\xff"],
            capture_output=True, env=environment, cwd=tmp_path, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert b"There is no chapter or exercise named" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close differently on Windows")
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "d2l_kit", "--help"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            check=False,
        )
    assert done.stderr == b""
