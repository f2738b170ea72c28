"""`assign collect`: of each repository the state at the due date, or why there is none; nothing of it runs."""

from __future__ import annotations

import csv
import http.server
import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from d2l_kit.assign.model import Assignment
from d2l_kit.cli import main
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.repositories import _git, listing
from d2l_kit.gradebook.repositories.collect import Order
from d2l_kit.gradebook.repositories.collect import collect as run_collect
from d2l_kit.gradebook.repositories.history import Commit, state_at
from d2l_kit.gradebook.repositories.listing import Repository, read_repositories
from d2l_kit.gradebook.times import read_times
from git_classes import Student, git

EARLY, LATE = "2026-01-10T12:00:00Z", "2026-01-20T12:00:00Z"
DUE = "2026-01-15 12:00"  # long ago, so that what was collected is final

Collect = Callable[..., int]


@pytest.fixture
def collect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collect:
    """Runs the command on a list of repositories in a folder with an assignment that was due long ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d", "--due", DUE, "--tz", "UTC"]) == 0

    def run(lines: str, *more: str) -> int:
        (tmp_path / "repositories.csv").write_text(f"student,repository,branch\n{lines}\n", encoding="utf-8")
        return main(["assign", "collect", "hw2", "--repositories", "repositories.csv", *more])

    return run


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """collected.csv by student."""
    with (folder / "collected" / "collected.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def files(folder: Path, student: str) -> dict[str, str]:
    """What was collected of a student."""
    root = folder / "collected" / "submissions" / student
    return {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in root.rglob("*") if p.is_file()}


def address(student: Student) -> str:
    return student.bare.as_uri()


# Which state


def test_the_state_of_the_due_date_is_taken_and_its_time_goes_to_grade(tmp_path: Path, collect: Collect) -> None:
    ada, ben = Student(tmp_path, "ada"), Student(tmp_path, "ben")
    ada.commit("2026-01-02T12:00:00Z", {"ch07/corr2d.py": "first\n"})
    taken = ada.commit(EARLY, {"ch07/corr2d.py": "second\n", "d2l-kit.toml": "format = 1\n", "README.md": "read me\n"})
    ada.commit(LATE, {"ch07/corr2d.py": "third\n"})
    tip = ben.commit(EARLY, {"hw2.ipynb": "{}\n"})
    assert collect(f"ada,{address(ada)},\nben,./server/ben.git,") == 0
    assert files(tmp_path, "ada") == {"ch07/corr2d.py": "second\n", "d2l-kit.toml": "format = 1\n"}
    assert files(tmp_path, "ben") == {"hw2.ipynb": "{}\n"}
    found = rows(tmp_path)
    assert (found["ada"]["commit"], found["ada"]["handed_in"]) == (taken, "2026-01-10T12:00:00+00:00")
    assert (found["ben"]["commit"], found["ben"]["known_from"]) == (tip, "commit")
    times = read_times(tmp_path / "collected" / "collected.csv")
    assert times.of("ada") == datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert not [path for path in (tmp_path / "collected").iterdir() if path.name.startswith(".")]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "collected" / "submissions" / "ada").stat().st_mode) == 0o700


def test_an_extension_moves_the_moment_and_goes_by_the_roster(tmp_path: Path, collect: Collect) -> None:
    with (tmp_path / "hw2" / "assignment.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[extension]]\nstudent = "s1"\ndue = "2026-01-31 12:00"\n')
    (tmp_path / "roster.csv").write_text("id,name,login\ns1,Ada,ada\ns2,Ben,ben\ns3,Cleo,cleo\n", encoding="utf-8")
    ada, ben, eve = (Student(tmp_path, name) for name in ("ada", "ben", "eve"))
    for student in (ada, ben, eve):
        student.commit(EARLY, {"corr2d.py": "early\n"})
        student.commit(LATE, {"corr2d.py": "late\n"})
    lines = f"ada,{address(ada)},\nben,{address(ben)},\neve,{address(eve)},"
    assert collect(lines, "--roster", "roster.csv") == 0
    assert [files(tmp_path, name)["corr2d.py"] for name in ("ada", "ben", "eve")] == ["late\n", "early\n", "early\n"]


def test_people_who_fit_no_roster_or_no_list_are_named(
    tmp_path: Path, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "roster.csv").write_text("id,name\ns1,Ada\ns2,Ben\n", encoding="utf-8")
    eve = Student(tmp_path, "eve")
    eve.commit(EARLY, {"corr2d.py": "x\n"})
    (tmp_path / "collected" / "submissions" / "old").mkdir(parents=True)
    assert collect(f"s1,,\neve,{address(eve)},", "--roster", "roster.csv") == 0
    captured = capsys.readouterr()
    assert "on no roster, so that no extension of theirs is known: 1: eve" in captured.err
    assert "on the roster and not in the list of repositories: 1: s2" in captured.err
    assert "submissions/old" in captured.err.replace("\\", "/")
    assert "no repository named" in captured.out


def test_late_work_is_taken_if_asked_for_up_to_the_end(tmp_path: Path, collect: Collect) -> None:
    text = (tmp_path / "hw2" / "assignment.toml").read_text(encoding="utf-8").replace("[late]", "[late_]")
    (tmp_path / "hw2" / "assignment.toml").write_text(_with_end(text), encoding="utf-8")
    ada = Student(tmp_path, "ada")
    ada.commit(EARLY, {"corr2d.py": "early\n"})
    ada.commit("2026-01-17T12:00:00Z", {"corr2d.py": "late\n"})
    ada.commit(LATE, {"corr2d.py": "too late\n"})
    assert collect(f"ada,{address(ada)},", "--late") == 0
    assert files(tmp_path, "ada")["corr2d.py"] == "late\n"
    assert rows(tmp_path)["ada"]["handed_in"] == "2026-01-17T12:00:00+00:00"


def _with_end(text: str) -> str:
    """The assignment with lateness that ends, in place of whatever `assign new` has written about it."""
    kept, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("[late_]") or (inside and not line.startswith("["))
        kept += [] if inside else [line]
    return "\n".join([*kept, "[late]", "percent = 10", 'until = "2026-01-18 12:00"', ""])


@pytest.mark.parametrize(
    ("commits", "taken"),
    [
        ([("c", 30, "b"), ("b", 20, "a"), ("a", 10, "")], "b"),
        ([("b", 20, "a"), ("a", 10, "")], "b"),
        ([("c", 40, "b"), ("b", 30, "a"), ("a", 28, "")], None),
        ([("m", 30, "b a2"), ("b", 28, "a"), ("a2", 20, "a"), ("a", 10, "")], "a2"),
        ([("c", 15, "b"), ("b", 30, "a"), ("a", 10, "")], "a"),  # it builds on later work, so it is later
        ([("c", 20, "b"), ("b", 20, "a"), ("a", 20, "")], "c"),
        ([], None),
    ],
)
def test_the_newest_commit_counts_that_is_in_time_with_all_it_builds_on(
    commits: list[tuple[str, int, str]], taken: str | None
) -> None:
    history = [Commit(sha, at, tuple(parents.split())) for sha, at, parents in commits]
    found = state_at(history, datetime.fromtimestamp(25, UTC), datetime.fromtimestamp(100, UTC))
    assert (found.sha if found else None) == taken


def test_before_the_due_date_whatever_can_be_seen_is_in_time() -> None:
    history = [Commit("b", 10**9, ("a",)), Commit("a", 10, ())]
    found = state_at(history, datetime.fromtimestamp(25, UTC), datetime.fromtimestamp(20, UTC))
    assert found is not None and found.sha == "b"


def test_work_that_arrives_while_the_class_is_read_is_late(tmp_path: Path, collect: Collect) -> None:
    ada = Student(tmp_path, "ada")
    ada.commit(EARLY, {"corr2d.py": "early\n"})
    ada.commit(LATE, {"corr2d.py": "late\n"})
    assert collect("ada,,") == 0
    due = datetime(2026, 1, 15, 12, tzinfo=UTC)
    moments = iter([due - timedelta(seconds=1), *[due + timedelta(seconds=n) for n in range(1, 9)]])
    repository = Repository("ada", "", address(ada))
    order = Order(Assignment("hw2", "", (), due), (repository,), tmp_path / "collected", clock=lambda: next(moments))
    (row,) = run_collect(order).rows
    assert row.handed_in == "2026-01-10T12:00:00+00:00"
    assert files(tmp_path, "ada") == {"corr2d.py": "early\n"}


def test_a_clock_that_runs_ahead_makes_no_time_in_the_future(tmp_path: Path, collect: Collect) -> None:
    text = (tmp_path / "hw2" / "assignment.toml").read_text(encoding="utf-8")
    (tmp_path / "hw2" / "assignment.toml").write_text(text.replace(DUE, "2090-01-15 12:00"), encoding="utf-8")
    ada = Student(tmp_path, "ada")
    ada.commit("2095-01-01T00:00:00Z", {"corr2d.py": "x\n"})
    assert collect(f"ada,{address(ada)},") == 0
    assert datetime.fromisoformat(rows(tmp_path)["ada"]["handed_in"]) <= datetime.now(UTC)


def test_a_branch_can_be_named_and_another_one_is_not_guessed(
    tmp_path: Path, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = Student(tmp_path, "ada")
    ada.run("checkout", "--quiet", "-b", "work")
    ada.commit(EARLY, {"corr2d.py": "x\n"})
    assert collect(f"ada,{address(ada)},") == 2
    assert "its first branch is empty, and there are: work" in capsys.readouterr().out
    assert collect(f"ada,{address(ada)},wrok") == 2
    assert "there is no branch 'wrok'; there are: work" in capsys.readouterr().out
    assert collect(f"ada,{address(ada)},work") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "x\n"}


# What cannot be had


def test_what_cannot_be_collected_is_listed_and_stops_no_other(
    tmp_path: Path, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, ben = Student(tmp_path, "ada"), Student(tmp_path, "ben")
    Student(tmp_path, "empty")
    ada.commit(EARLY, {"corr2d.py": "x\n"})
    ben.commit(LATE, {"corr2d.py": "x\n"})
    lines = "gone,./server/gone.git,\nempty,./server/empty.git,\nnone,,\nben,./server/ben.git,\nada,./server/ada.git,"
    assert collect(f"{lines}\ndead,https://127.0.0.1:1/dead.git,") == 2
    found = rows(tmp_path)
    assert [found[name]["outcome"] for name in ("gone", "empty", "none", "ben", "ada", "dead")] == [
        *("not read", "empty", "no repository named", "nothing in time", "collected", "not read")
    ]
    assert "does not appear to be a git repository" in found["gone"]["note"] or "not exist" in found["gone"]["note"]
    assert "127.0.0.1" in found["dead"]["note"]
    assert sorted(path.name for path in (tmp_path / "collected" / "submissions").iterdir()) == ["ada"]
    captured = capsys.readouterr()
    assert "2 not read" in captured.err and "1 collected" in captured.err
    assert "d2l-kit grade collected/submissions --assignment hw2 --times collected/collected.csv" in captured.err


def test_what_was_collected_stays_while_the_repository_cannot_be_read(tmp_path: Path, collect: Collect) -> None:
    ada = Student(tmp_path, "ada")
    sha = ada.commit(EARLY, {"corr2d.py": "x\n"})
    assert collect("ada,./server/ada.git,") == 0
    assert collect("ada,,") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "x\n"}
    ada.bare.rename(tmp_path / "elsewhere.git")
    assert collect("ada,./server/ada.git,") == 2
    assert files(tmp_path, "ada") == {"corr2d.py": "x\n"}
    row = rows(tmp_path)["ada"]
    assert (row["outcome"], row["commit"]) == ("collected", sha)
    assert row["note"].startswith("stays as collected at ")


def test_another_moment_or_the_servers_word_replaces_what_was_collected(tmp_path: Path, collect: Collect) -> None:
    ada = Student(tmp_path, "ada")
    ada.commit(LATE, {"corr2d.py": "late\n"})
    assert collect(f"ada,{address(ada)},", "--late") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "late\n"}
    assert collect(f"ada,{address(ada)},") == 0
    assert rows(tmp_path)["ada"]["outcome"] == "nothing in time"
    assert not (tmp_path / "collected" / "submissions" / "ada").exists()


def test_a_commit_that_turns_up_later_and_says_it_is_older_is_not_taken_unasked(
    tmp_path: Path, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, ben = Student(tmp_path, "ada"), Student(tmp_path, "ben")
    ada.commit(EARLY, {"corr2d.py": "seen\n"})
    ben.commit(LATE, {"corr2d.py": "late\n"})
    lines = f"ada,{address(ada)},\nben,{address(ben)},"
    assert collect(lines) == 0
    ada.commit("2026-01-11T12:00:00Z", {"corr2d.py": "backdated\n"})
    ben.run("update-ref", "-d", "HEAD")
    ben.commit("2026-01-11T12:00:00Z", {"corr2d.py": "backdated\n"})
    capsys.readouterr()
    assert collect(lines) == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "seen\n"}
    assert files(tmp_path, "ben") == {}
    assert capsys.readouterr().out.count("has turned up since and says it is older: -f takes it") == 2
    assert collect(lines, "-f", "--only", "ada") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "backdated\n"}
    assert files(tmp_path, "ben") == {}
    assert set(rows(tmp_path)) == {"ada", "ben"}


# Times that a server knows

GH = """#!/bin/sh
[ "$1" = api ] || exit 9
echo "$@" >> "{folder}/asked.txt"
case "$*" in *school/ada/*) cat "{folder}/ada.tsv";; *) echo "HTTP 403: no" >&2; exit 1;; esac
"""
ZEROS = "0" * 40


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for GitHub, with a `gh` that answers from `ada.tsv`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gh").write_text(GH.format(folder=tmp_path), encoding="utf-8")
    (programs / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "school").symlink_to(tmp_path / "server")
    monkeypatch.setattr(listing, "GITHUB", f"{(tmp_path / 'hub').as_uri()}/")
    return tmp_path / "ada.tsv"


@pytest.mark.skipif(os.name == "nt", reason="its gh is a shell script")
def test_with_push_times_a_forged_commit_time_and_a_rewritten_history_gain_nothing(
    tmp_path: Path, collect: Collect, hub: Path
) -> None:
    ada = Student(tmp_path, "ada")
    seen = ada.commit("2026-01-09T12:00:00Z", {"corr2d.py": "pushed in time\n"})
    ada.run("update-ref", "-d", "HEAD")
    forged = ada.commit("2026-01-11T12:00:00Z", {"corr2d.py": "forged\n"})
    pushes = [(LATE, "refs/heads/main", seen, forged), (EARLY, "refs/heads/main", ZEROS, seen)]
    pushes.append(("2026-01-12T12:00:00Z", "refs/heads/other", ZEROS, forged))
    hub.write_text("".join("\t".join(push) + "\n" for push in pushes), encoding="utf-8")
    git("-C", str(ada.bare), "update-ref", "refs/keep/old", seen)  # as GitHub keeps what was ever pushed
    assert collect("ada,school/ada,") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "forged\n"}
    assert collect("ada,school/ada,", "--push-times") == 0
    assert files(tmp_path, "ada") == {"corr2d.py": "pushed in time\n"}
    row = rows(tmp_path)["ada"]
    assert (row["commit"], row["handed_in"], row["known_from"]) == (seen, "2026-01-10T12:00:00+00:00", "push")
    assert "repos/school/ada/activity" in (tmp_path / "asked.txt").read_text(encoding="utf-8")
    hub.write_text("\t".join((LATE, "refs/heads/main", ZEROS, forged)) + "\n", encoding="utf-8")
    assert collect("ada,school/ada,", "--push-times") == 0
    assert rows(tmp_path)["ada"]["outcome"] == "nothing in time"
    assert files(tmp_path, "ada") == {}


@pytest.mark.skipif(os.name == "nt", reason="its gh is a shell script")
@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("", "names no push of main"),
        ("nonsense\n", "unknown form"),
        (f"2026-01-10T12:00:00\tr\t{ZEROS}\t{ZEROS}\n", "zone"),
    ],
)
def test_where_pushes_are_not_known_commits_count_and_it_is_said(
    tmp_path: Path, collect: Collect, hub: Path, record: str, why: str
) -> None:
    ada, ben = Student(tmp_path, "ada"), Student(tmp_path, "ben")
    ada.commit(EARLY, {"corr2d.py": "x\n"})
    ben.commit(EARLY, {"corr2d.py": "x\n"})
    hub.write_text(record, encoding="utf-8")
    assert collect(f"ada,school/ada,\nben,school/ben,\ncleo,{address(ben)},", "--push-times") == 0
    found = rows(tmp_path)
    assert {row["known_from"] for row in found.values()} == {"commit"}
    assert why in found["ada"]["note"]
    assert "HTTP 403: no" in found["ben"]["note"]
    assert "not on GitHub" in found["cleo"]["note"]


# Nothing of a repository is run, followed or believed


def test_nothing_that_a_student_commits_or_configures_is_run(
    tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "ran"
    mine = tmp_path / "instructors.gitconfig"  # with what `git lfs install` and others leave in it
    mine.write_text(
        f'[filter "evil"]\n\tsmudge = touch {mark}\n\tprocess = touch {mark}\n\trequired = true\n'
        f"[core]\n\thooksPath = {tmp_path / 'hooks'}\n[submodule]\n\trecurse = true\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(mine))
    (tmp_path / "hooks").mkdir()
    ada, ben = Student(tmp_path, "ada"), Student(tmp_path, "ben")
    for folder in (tmp_path / "hooks", ada.bare / "hooks"):
        for name in ("post-checkout", "reference-transaction", "post-merge", "post-update"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(f"#!/bin/sh\ntouch {mark}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
    ben.commit(EARLY, {"corr2d.py": "ben's\n"})
    files_of_ada = {".gitattributes": "* filter=evil ident export-subst\n", "corr2d.py": "$Id$ $Format:%H$\n"}
    ada.commit(EARLY, files_of_ada, push=False)
    ada.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(ben.bare), "ch07.py")
    (ada.clone / "link.py").symlink_to("/etc/passwd")
    ada.commit(EARLY, {})
    mark.unlink(missing_ok=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert collect(f"ada,{address(ada)},") == 0
    assert not mark.exists()
    assert files(tmp_path, "ada") == {"corr2d.py": "$Id$ $Format:%H$\n"}
    assert rows(tmp_path)["ada"]["note"] == "left out: link.py (a link)"


def test_paths_that_lead_out_pointers_and_too_much_are_left_out(
    tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Student(tmp_path, "ada")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    ada.commit(EARLY, {"corr2d.py": "good\n", "book.ipynb": pointer, "a/b/c/deep.py": "x\n"}, push=False)
    blob = bytes.fromhex(ada.run("rev-parse", "HEAD:corr2d.py"))
    inner = _tree(ada, b"100644 out.py\0" + blob)
    odd = b"100644 back\\slash.py\0" + blob + b"40000 ..\0" + inner + b"40000 .git\0" + inner
    whole = bytes.fromhex(ada.run("rev-parse", "HEAD^{tree}"))
    top = _tree(ada, odd + b"40000 all\0" + whole + b"100644 all\0" + blob + b"100644 good.py\0" + blob).hex()
    commit = ada.run("commit-tree", top, "-m", "odd", at=EARLY)
    ada.push(f"{commit}:refs/heads/main")
    assert collect(f"ada,{address(ada)},") == 0
    assert set(files(tmp_path, "ada")) == {"good.py", "all/corr2d.py", "all/book.ipynb", "all/a/b/c/deep.py"}
    note = rows(tmp_path)["ada"]["note"]
    assert "back\\slash.py (its name)" in note and "pointer is there: all/book.ipynb" in note
    assert not list(tmp_path.rglob("out.py"))
    monkeypatch.setattr("d2l_kit.gradebook.repositories.collect.MOST_FILES", 2)
    assert collect(f"ada,{address(ada)},", "-f") == 0
    assert set(files(tmp_path, "ada")) == {"good.py", "all/book.ipynb"}
    assert "more than 2 files or 64 MiB" in rows(tmp_path)["ada"]["note"]


def _tree(student: Student, content: bytes) -> bytes:
    """A tree as no honest git would write it."""
    told = git("-C", str(student.clone), "hash-object", "-t", "tree", "--literally", "-w", "--stdin", given=content)
    return bytes.fromhex(told)


def test_a_repository_without_code_is_collected_and_said(tmp_path: Path, collect: Collect) -> None:
    ada = Student(tmp_path, "ada")
    ada.commit(EARLY, {"notes.txt": "x\n"})
    assert collect(f"ada,{address(ada)},") == 0
    assert rows(tmp_path)["ada"]["note"] == "no .py and no .ipynb is in it"


# The list, and the machine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student,repository\nada,ext::sh -c touch\n", "2: 'ext::sh -c touch' is no address"),
        ("student,repository\nada,--upload-pack=x\n", "no address"),
        ("student,repository\nada,http://example.org/a.git\n", "no address"),
        ("student,repository\nada,git@-oProxyCommand=x:y\n", "no address"),
        ("student,repository\nada,https://token:x@example.org/a.git\n", "holds a name or password"),
        ("student,repository,branch\nada,school/ada,--all\n", "'--all' is no name of a branch"),
        ("student,repository\n../ada,school/ada\n", "'../ada' cannot be a folder's name"),
        ("student,repository\nada,school/ada\nAda,school/b\n", "3: Ada stands in line 2 already"),
        ("student,repository\n,school/ada\n", "2: nobody is named"),
        ("student,where\nada,school/ada\n", "no column repository among student, where"),
        ("student,repository\n", "names no repository"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "repositories.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_repositories(file)
    assert said in caught.value.message
    assert "token" not in caught.value.message


def test_addresses_are_read_as_people_write_them(tmp_path: Path) -> None:
    file = tmp_path / "repositories.csv"
    lines = ["a,school/hw2.ada", "b,git@github.com:school/b.git", "c,https://github.com/school/c"]
    lines += ["d,https://git.example.org/x/d.git", "e,./e.git"]
    file.write_text("login,url\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = read_repositories(file)
    assert [each.github for each in found] == ["school/hw2.ada", "school/b", "school/c", "", ""]
    assert found[0].address == "https://github.com/school/hw2.ada.git"
    assert found[4].address == (tmp_path / "e.git").as_uri()
    assert [each.protocols for each in found] == ["https:ssh"] * 4 + ["file"]


class Demanding(http.server.BaseHTTPRequestHandler):
    """A server that wants a password, or sends people to a file of theirs."""

    def do_GET(self) -> None:
        if self.path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="class"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_nobody_is_asked_for_a_password_and_no_other_protocol_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ASKPASS", f"touch {tmp_path / 'asked'}")
    monkeypatch.setattr(Repository, "protocols", "http")  # a list of repositories names none that is not encrypted
    with http.server.HTTPServer(("127.0.0.1", 0), Demanding) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        for told, said in (
            (f"{place}/a.git", "terminal prompts disabled"),
            (f"{place}/elsewhere/a.git", 'rotocol "file"'),
            (f"ext::sh -c 'touch {tmp_path / 'asked'}'", "transport 'ext' not allowed"),
        ):
            with pytest.raises(_git.GitFailed, match=said):
                _git.look(Repository("ada", told, told))
        server.shutdown()
    assert not (tmp_path / "asked").exists()


def test_git_that_does_not_end_is_ended_and_the_others_go_on(
    tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Student(tmp_path, "ada")
    ada.commit(EARLY, {"corr2d.py": "x\n"})
    monkeypatch.setattr(_git, "SECONDS", 0)
    assert collect(f"ada,{address(ada)},") == 2
    assert rows(tmp_path)["ada"]["note"] == "git did not end within 0 s"


def test_without_git_it_is_the_machine_that_lacks_something(
    tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert collect("ada,school/ada,") == 3
    assert "git is not installed" in capsys.readouterr().err


def test_another_table_of_that_name_is_not_overwritten(
    tmp_path: Path, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "collected").mkdir()
    (tmp_path / "collected" / "collected.csv").write_text("student,points\nada,3\n", encoding="utf-8")
    assert collect("ada,,") == 2
    assert "is not what `assign collect` writes" in capsys.readouterr().err
    assert "points" in (tmp_path / "collected" / "collected.csv").read_text(encoding="utf-8")


def test_an_unknown_name_is_answered_with_the_nearest(collect: Collect, capsys: pytest.CaptureFixture[str]) -> None:
    assert collect("ada,,", "--only", "adda") == 2
    assert "Did you mean 'ada'?" in capsys.readouterr().err
