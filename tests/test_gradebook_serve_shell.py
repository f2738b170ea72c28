"""`d2l-kit gradebook serve` as it is started from a shell: the address, one browser, Ctrl-C, and what can be wrong."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from doc_pages import ROOT, Command, blocks, commands, first_missing
from gradebook_fakes import new, put, report

pytest.importorskip("starlette", reason="needs starlette")
pytest.importorskip("uvicorn", reason="needs uvicorn")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends the signals that a POSIX terminal sends")

SERVE = (sys.executable, "-m", "d2l_kit", "gradebook", "serve")
READY = "The gradebook is at "
ENDED = "The site has ended; all that was decided is stored."
PATIENCE = 60  # seconds; only so that something that hangs fails the test
WITHOUT_UVICORN = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "uvicorn" else found(name, package)
sys.modules["uvicorn"] = None
from d2l_kit.cli import main
sys.exit(main(["gradebook", "serve"]))
"""


@dataclass(frozen=True)
class Answer:
    """What the site answered."""

    status: int
    cookie: str
    text: str


@dataclass(frozen=True)
class Running:
    """A site that was started, and the first line that it printed."""

    process: subprocess.Popen[str]
    first: str

    @property
    def url(self) -> str:
        """The address that lets a browser in."""
        return self.first.removeprefix(READY).strip()

    def get(self, url: str, cookie: str = "") -> Answer:
        """Ask for a page, as a new browser unless it has a cookie."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": cookie})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        return Answer(answer.status, answer.headers.get("Set-Cookie", "").partition(";")[0], text)

    def end(self) -> str:
        """Press Ctrl-C; what it said on stderr."""
        os.killpg(self.process.pid, signal.SIGINT)
        _, told = self.process.communicate(timeout=PATIENCE)
        return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the shell stands: a class was graded here."""
    (tmp_path / "graded").mkdir()
    (tmp_path / "class").mkdir()
    with new(tmp_path / "graded") as store:
        put(store, report("ada"))
    return tmp_path


@contextmanager
def started(line: Sequence[str], folder: Path, **environment: str) -> Iterator[Running]:
    """Start the command; it is gone afterwards."""
    process = subprocess.Popen(
        line,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield Running(process, process.stdout.readline())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with the browser that it may have started
        process.communicate(timeout=PATIENCE)


def refused(folder: Path, *options: str, code: int = 2) -> str:
    """Start what cannot be started; what is said on stderr."""
    run = subprocess.run(
        [*SERVE, *options], cwd=folder, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stdout) == (code, "")
    return run.stderr


def test_the_printed_address_lets_one_browser_in_and_ctrl_c_ends_the_site(folder: Path) -> None:
    with started(SERVE, folder) as site:
        entered = site.get(site.url)
        assert entered.status == 303
        home = site.url.partition("?")[0]
        assert "hw2" in site.get(home, entered.cookie).text
        assert site.get(site.url).status == 403
        assert site.get(home).status == 403
        told = site.end()
        assert ENDED in told
        assert "Traceback" not in told
        assert site.process.returncode == 0


def test_a_port_that_is_taken_is_refused_with_the_way_out(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = refused(folder, "--port", str(port))
    assert f"Cannot listen on 127.0.0.1, port {port}" in told
    assert "Leave out --port" in told


def test_a_missing_package_is_named_with_the_command_that_installs_it(folder: Path) -> None:
    line = [sys.executable, "-c", WITHOUT_UVICORN]
    run = subprocess.run(line, cwd=folder, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert run.returncode == 3
    assert "needs uvicorn, which is not installed" in run.stderr
    assert 'pip install "d2l-kit[instructor]"' in run.stderr


def test_open_shows_the_address_in_the_browser_and_does_not_wait_for_it(folder: Path) -> None:
    """A browser in the terminal ends when it is left; the site must answer it before."""
    pipe = folder / "shown"
    os.mkfifo(pipe)
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{pipe}"\nread left < "{pipe}"\n', encoding="utf-8")
    browser.chmod(0o700)
    with started([*SERVE, "--open"], folder, BROWSER=f"{browser} %s") as site:
        shown = pipe.read_text(encoding="utf-8").strip()
        assert shown == site.url
        assert site.get(shown).status == 303
        pipe.write_text("left\n", encoding="utf-8")
        assert ENDED in site.end()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system always has a browser")
def test_open_without_a_browser_says_so_and_serves(folder: Path) -> None:
    nothing = {"PATH": str(folder), "BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with started([*SERVE, "--open"], folder, **nothing) as site:
        assert site.process.stderr is not None
        assert "one browser in, once" in site.process.stderr.readline()
        assert "No browser could be opened" in site.process.stderr.readline()
        assert site.get(site.url).status == 303


def test_a_template_of_ones_own_takes_the_kits_place(folder: Path) -> None:
    own = folder / "own" / "serve"
    own.mkdir(parents=True)
    (own / "students.html.j2").write_text("{{ of.handed_in }} handed in, <{{ words }}>\n", encoding="utf-8")
    with started([*SERVE, "--templates", "own"], folder) as site:
        cookie = site.get(site.url).cookie
        assert site.get(site.url.partition("?")[0] + "?q=%3Cb%3E", cookie).text == "1 handed in, <&lt;b&gt;>\n"


def test_a_broken_template_is_named_before_anything_is_served(folder: Path) -> None:
    own = folder / "own" / "serve"
    own.mkdir(parents=True)
    (own / "runs.html.j2").write_text("one\n{% for %}\n", encoding="utf-8")
    told = refused(folder, "--templates", "own")
    assert "The template serve/runs.html.j2 cannot be used in line 2" in told
    assert "Mend it in own" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--class", "nowhere"), "--class nowhere: there is no such folder or file."),
        (("--host", "0.0.0.0"), "served on this machine alone"),
        (("--templates", "nowhere"), "--templates nowhere: there is no such folder."),
        (("--assignment", "hw3"), "holds no assignment 'hw3'"),
        (("--gradebook", "nowhere.sqlite"), "nowhere.sqlite"),
    ],
)
def test_what_is_wrong_is_said_in_the_shell_and_not_in_the_browser(
    folder: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in refused(folder, *options)


def served_in_docs() -> list[Command]:
    """The commands of docs/classes.md that start the site: they would run for ever, so they are run here."""
    left = [block for block in blocks(ROOT / "docs" / "classes.md") if block.reason]
    return [command for block in left for command in commands(block) if " gradebook serve" in command.text]


@pytest.mark.parametrize("command", served_in_docs(), ids=lambda command: command.where)
def test_what_the_docs_show_of_serve_is_what_it_prints(command: Command, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with started(["bash", "-c", command.text], folder, PATH=path) as site:
        assert site.get(site.url).status == 303
        printed = [site.first, *site.end().splitlines()]
    assert first_missing(command.shown, printed) is None


def test_the_docs_show_how_to_serve() -> None:
    assert served_in_docs()
