"""TAB in a shell: commands, exercises, formats, as the shells' own scripts ask for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from d2l_kit.cli import main
from test_cli_app import HEAVY

BIN = Path(sys.executable).parent
LOUD = "import atexit, sys; atexit.register(lambda: print('|', *sys.modules, file=sys.stderr))\n"
RUN = f"{LOUD}from d2l_kit.cli import main; sys.exit(main())"


def ask(line: str, shell: str = "bash") -> subprocess.CompletedProcess[str]:
    """What a shell's script asks when TAB is pressed at the end of a line."""
    words = line.split()
    if shell == "bash":
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) if line.endswith(" ") else len(words) - 1)}
    else:
        asked = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    asked |= {"_D2L_KIT_COMPLETE": f"complete_{shell}"}
    return subprocess.run(
        [sys.executable, "-c", RUN], env=os.environ | asked, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(
    ("line", "there", "absent"),
    [
        ("d2l-kit ch", {"check"}, {"start"}),
        ("d2l-kit check corr", {"corr2d"}, {"ch07/corr2d", "pool2d"}),
        ("d2l-kit check ch0", {"ch01", "ch07"}, {"ch13"}),
        ("d2l-kit start ch07", {"ch07", "ch07/corr2d", "ch07/lenet"}, {"ch06/sequential"}),
        ("d2l-kit hint ch07/c", {"ch07/corr2d", "ch07/conv1x1"}, {"ch07/lenet"}),
        ("d2l-kit reset corr2d co", {"conv1x1"}, {"corr2d"}),
        ("d2l-kit status po", {"pool2d"}, set()),
        ("d2l-kit author ver", {"verify"}, {"new"}),
        ("d2l-kit author verify poo", {"pool2d"}, set()),
        ("d2l-kit assign new hw2 --exercises corr2d,poo", {"corr2d,pool2d"}, {"pool2d"}),
        ("d2l-kit grade class --exercises poo", {"pool2d"}, set()),
        ("d2l-kit check --format j", {"json", "junit"}, {"html"}),
        ("d2l-kit assign export hw2 --to git", {"github", "github-grading"}, {"vscode"}),
        ("d2l-kit check --wat", {"--watch"}, {"--workspace"}),
        ("d2l-kit check nothing_is_called_so", set(), {"corr2d"}),
    ],
)
def test_a_shell_is_offered_what_fits_and_nothing_else(line: str, there: set[str], absent: set[str]) -> None:
    said = ask(line)
    offered = set(said.stdout.split())
    assert there <= offered, said.stderr
    assert not absent & offered
    assert all(word.startswith(line.split()[-1]) for word in offered)
    assert said.stderr.startswith("|"), "something was said to somebody who types"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_names_and_waits_for_nothing_heavy(shell: str) -> None:
    for line in ("d2l-kit check corr", "d2l-kit check --format g"):
        said = ask(line, shell)
        assert ("corr2d" if line.endswith("corr") else "gradescope") in said.stdout
        modules = said.stderr.split("|")[-1].split()
        assert sorted(set(HEAVY) & set(modules)) == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_script_that_is_installed_works_in_a_bash(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"  # whichever shell runs these tests
    subprocess.run(["d2l-kit", "--install-completion", "bash"], env=environment, capture_output=True, check=True)
    typed = 'source "$HOME/.bashrc"; complete -p d2l-kit; COMP_WORDS=(d2l-kit check corr); COMP_CWORD=2; '
    typed += '_d2l_kit_completion d2l-kit; echo "${COMPREPLY[@]}"'
    bash = ["bash", "--norc", "-c", typed]
    run = subprocess.run(bash, env=environment, capture_output=True, encoding="utf-8", check=False)
    complete, offered = run.stdout.splitlines()
    assert "-F _d2l_kit_completion d2l-kit" in complete
    assert offered == "corr2d"
    shown = subprocess.run(
        ["d2l-kit", "--show-completion", "bash"], env=environment, capture_output=True, text=True, check=True
    )
    assert "_d2l_kit_completion" in shown.stdout


def test_what_is_broken_says_nothing_while_somebody_types(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("d2l_kit.plugins.load_course", broken)
    monkeypatch.setenv("_D2L_KIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "d2l-kit check corr")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert main([]) == 1
    assert capsys.readouterr() == ("", "")
