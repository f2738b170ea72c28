"""The repository as a whole: what its wheels hold and do not hold, that every file compiles, where things lie."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from d2l_kit import __version__

ROOT = Path(__file__).parent.parent
CHAPTER = "ch07_cnn"
TOP_LEVEL = {
    "pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "constraints.txt",
    "course", "reference", "autograder", "templates", "tests", "docs",
}  # fmt: skip
SDIST = ("autograder/", "course/", "templates/", ".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml")


def _tracked() -> list[str]:
    """What git knows of, or would know of with the next `git add`; all files where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def _toml(name: str) -> dict:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder with both wheels and the students' sdist, built as `make wheels` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    # Without an environment of its own for each build: what they need is a developer's tool here.
    for arguments in (["."], ["--wheel", "reference"]):
        made = subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), *arguments],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
    return folder


def _only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def _wheel(built: Path, distribution: str) -> Path:
    return _only(built, f"{distribution}-{__version__}-py3-none-any.whl")


def _contents(path: Path) -> dict[str, bytes]:
    """The files of a wheel or an sdist; of an sdist without its outermost folder."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(path) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {m.name.partition("/")[2]: archive.extractfile(m).read() for m in files}


def _tree(room: str) -> set[str]:
    """Names of a room's files, as they are in a wheel."""
    return {name.removeprefix(f"{room}/") for name in _tracked() if name.startswith(f"{room}/")}


@pytest.mark.slow
def test_the_students_wheel_holds_exactly_what_a_student_may_read(built):
    names = set(_contents(_wheel(built, "d2l_kit")))
    info = f"d2l_kit-{__version__}.dist-info/"
    wanted = {n for n in _tree("autograder") | _tree("course") | _tree("templates") if "/" in n}
    assert {name for name in names if not name.startswith(info)} == wanted
    for name in (
        "d2l_kit/py.typed",
        "d2l_kit/report/schema.json",
        f"d2l_course/{CHAPTER}/chapter.toml",
        f"d2l_course/{CHAPTER}/README.md",
        f"d2l_course/{CHAPTER}/corr2d.py",
        f"d2l_course/{CHAPTER}/checks/test_corr2d.py",
        "d2l_templates/exercise/exercise.toml.j2",
        f"{info}licenses/LICENSE",
    ):
        assert name in names


@pytest.mark.slow
def test_the_instructors_wheel_holds_the_reference_and_nothing_else(built):
    names = set(_contents(_wheel(built, "d2l_kit_instructor")))
    info = f"d2l_kit_instructor-{__version__}.dist-info/"
    assert {n for n in names if not n.startswith(info)} == {
        n for n in _tree("reference") if n.startswith("d2l_reference/")
    }
    for name in ("corr2d.py", "corr2d.mistakes.toml", "checks/test_corr2d.py"):
        assert f"d2l_reference/{CHAPTER}/{name}" in names


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["d2l_kit-*.whl", "d2l_kit-*.tar.gz"])
def test_nothing_of_the_reference_is_in_what_students_get(built, pattern):
    contents = _contents(_only(built, pattern))
    assert [name for name in contents if "d2l_reference" in name or name.startswith("reference/")] == []
    assert [name for name in contents if name.endswith(".mistakes.toml")] == []
    telling = _telling_lines()
    assert len(telling) > 15
    texts = {name: content.decode("utf-8", "replace") for name, content in contents.items()}
    assert [(name, line) for name, text in texts.items() for line in telling if line in text] == []


def _telling_lines() -> set[str]:
    """The longest line of code of every solution, hidden check and alternative that its stub does not have."""
    found = set()
    for path in (ROOT / "reference" / "d2l_reference").glob(f"{CHAPTER}/**/*.py"):
        name = path.stem.removeprefix("test_").partition("__")[0]
        stub = (ROOT / "course" / "d2l_course" / CHAPTER / f"{name}.py").read_text(encoding="utf-8")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        code = [line for line in lines if line not in stub and not line.startswith(('"""', "#", "import", "from"))]
        found.add(max(code, key=len))
    return found


@pytest.mark.slow
def test_the_students_sdist_holds_what_their_wheel_is_built_from(built):
    """No tests: the honest submissions among them are solutions."""
    names = set(_contents(_only(built, "d2l_kit-*.tar.gz")))
    assert [name for name in names if not name.startswith(SDIST)] == []
    for room in ("autograder", "course", "templates"):
        assert {f"{room}/{name}" for name in _tree(room) if "/" in name} <= names


@pytest.mark.slow
def test_the_students_wheel_works_where_nothing_else_of_the_project_is(built, tmp_path):
    """The kit lists its chapters from the installed wheel, and the reference is nowhere to be found."""
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(site), str(_wheel(built, "d2l_kit"))], check=True)
    # What the kit depends on is lent by name: with all of this environment's site-packages on the path, the
    # links to the checkout that an installation in place leaves there would be followed, too.
    lent = tmp_path / "lent"
    lent.mkdir()
    for name in ("pluggy", "typer", "typing_extensions.py", "click", "shellingham", "annotated_doc"):
        for folder in map(Path, sys.path):
            if (folder / name).exists() and not (lent / name).exists():
                (lent / name).symlink_to(folder / name)
    code = (
        f"import sys; sys.path += {[str(site), str(lent)]!r}\n"
        "from importlib.util import find_spec\n"
        "assert find_spec('d2l_reference') is None, 'the reference can be imported'\n"
        "from d2l_kit.cli import main\n"
        "sys.exit(main(['list', 'corr2d', '--format', 'json']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert '"ch07/corr2d"' in run.stdout
    assert str(ROOT) not in run.stdout + run.stderr


def test_every_python_file_compiles_in_the_oldest_python_that_is_supported():
    """Stubs are data: one with a syntax error would install in silence."""
    broken = ("tests/hostile/submissions/", "docs/demo/class/")
    names = [name for name in _tracked() if name.endswith(".py") and not name.startswith(broken)]
    assert len([name for name in names if name.startswith(f"course/d2l_course/{CHAPTER}/")]) > 9
    for name in names:
        source = (ROOT / name).read_bytes()
        compile(source, name, "exec", dont_inherit=True)
        ast.parse(source, name, feature_version=(3, 11))


def test_the_top_level_is_a_room_for_each_audience_and_nothing_else():
    found = {name.partition("/")[0] for name in _tracked()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


def test_course_and_reference_mirror_each_other():
    course = {p.name for p in (ROOT / "course" / "d2l_course").iterdir() if (p / "chapter.toml").is_file()}
    mirrored = ROOT / "reference" / "d2l_reference"
    assert course == {p.name for p in mirrored.iterdir() if p.is_dir() and p.name != "__pycache__"}


def test_both_wheels_say_the_same_version_python_and_licence():
    own, theirs = _toml("pyproject.toml"), _toml("reference/pyproject.toml")
    for project in (own["project"], theirs["project"]):
        assert project["dynamic"] == ["version"]
        assert project["requires-python"] == ">=3.11"
        assert project["license"] == "Apache-2.0"
    paths = [
        (ROOT / folder / data["tool"]["hatch"]["version"]["path"]).resolve()
        for folder, data in ((".", own), ("reference", theirs))
    ]
    assert paths[0] == paths[1] == ROOT / "autograder" / "d2l_kit" / "__init__.py"
    assert own["build-system"] == theirs["build-system"]


def test_the_changelog_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", text, re.MULTILINE)
    assert first is not None and first[1] == __version__


def test_the_changelog_names_every_exercise():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    chapters = [_toml(str(path.relative_to(ROOT))) for path in (ROOT / "course" / "d2l_course").glob("*/chapter.toml")]
    missing = [e["name"] for chapter in chapters for e in chapter["exercise"] if f"`{e['name']}`" not in text]
    assert chapters and not missing


def test_the_licence_is_the_one_that_is_declared():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0, January 2004" in text


def test_every_chapter_has_its_entry_point():
    declared = _toml("pyproject.toml")["project"]["entry-points"]["d2l_kit"]
    chapters = {
        path.parent.name.partition("_")[0]: f"d2l_course.{path.parent.name}"
        for path in (ROOT / "course" / "d2l_course").glob("*/chapter.toml")
    }
    assert declared == chapters | {"data": "d2l_course.data"}


def test_torch_is_pinned_so_that_every_build_of_it_will_do():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if pin.startswith("torch==")] != []
    assert [pin for pin in pins if "+" in pin] == []


def test_ci_runs_the_readmes_command_with_actions_pinned_by_commit():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "run: .ci/run" in workflow
    assert re.search(r"^make test\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    used = re.findall(r"uses: (\S+)", workflow)
    assert used and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)
    assert "permissions:\n  contents: read\n" in workflow
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_text_files_are_plain():
    """UTF-8, line feeds, and one at the end; what students hand in, and what formats write, is as it is."""
    suffixes = (".py", ".toml", ".md", ".yml", ".j2", ".txt", ".json")
    asis = ("tests/hostile/submissions/", "docs/demo/class/", "tests/goldens/")
    faults = []
    for name in _tracked():
        if name.startswith(asis) or not name.endswith(suffixes):
            continue
        content = (ROOT / name).read_bytes()
        text = content.decode("utf-8")
        if "\r" in text or (text and not text.endswith("\n")):
            faults.append(name)
        if name.endswith((".py", ".md")) and any(line != line.rstrip() for line in text.split("\n")):
            faults.append(f"{name}: blanks at the end of a line")
    assert faults == []
