"""The golden files of report formats: what each makes of each report of `reports_samples`, byte for byte.

    python tests/report_goldens.py            says which differ
    python tests/report_goldens.py --write    writes them anew after a wanted change: read `git diff tests/goldens` then

`goldens/FORMAT/SAMPLE.SUFFIX` is one report. Beside it stand `the_class`, all of them in one text, where a format can
do that; what a format adds to files that its platform names; and `kit_failure`, what takes a report's place where the
kit itself has failed and there is none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from d2l_kit.assign.exports.gradescope import unfinished
from d2l_kit.errors import GraderError
from d2l_kit.gradebook.on_gradescope import failed
from d2l_kit.gradebook.single import OUR_FAULT
from d2l_kit.plugins import load_plugins
from d2l_kit.report.formats import OWN, Options, ReportFormat, report_formats
from d2l_kit.report.json_ import render_error
from d2l_kit.report.serial import layout
from d2l_kit.report.view import student_view
from reports_samples import SAMPLES, corr2d, pool2d

GOLDENS = Path(__file__).parent / "goldens"
HOW = "If the change is wanted: python tests/report_goldens.py --write"
CLASS = "the_class"
FAILURE = "kit_failure"
RUNNER = {  # what Classroom 50 tells its autograders
    "CLASSROOM": "d2l",
    "ASSIGNMENT": "hw2",
    "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-11-30T12-00-00Z-abc1234",
    "COMMIT_URL": "https://example.org/commit",
    "RELEASE_URL": "https://example.org/release",
    "MODE": "individual",
}
_ERROR = GraderError("The reference of ch07/corr2d raised ZeroDivisionError.", "Run d2l-kit author verify ch07/corr2d.")


@dataclass(frozen=True)
class Golden:
    """A format as it is rendered for one folder of golden files."""

    folder: str
    format: ReportFormat
    options: Options = field(default_factory=lambda: Options(environment=RUNNER))


def goldens() -> tuple[Golden, ...]:
    """The kit's own formats, and the terminal's in colour and where only ASCII can be shown."""
    formats, problems = report_formats(load_plugins()[0])
    assert not problems, problems
    own = [formats[module.rpartition(".")[2].rstrip("_")] for module in OWN]
    terminal = formats["terminal"]
    return (
        *(Golden(each.name, each) for each in own),
        Golden("terminal-colour", terminal, Options(color=True, width=100, verbose=True)),
        Golden("terminal-ascii", terminal, Options(width=60, encoding="ascii")),
    )


def files(golden: Golden) -> Iterator[tuple[str, bytes]]:
    """What a folder of golden files must hold, by name."""
    made = golden.format
    views = {name: student_view(make()) for name, make in SAMPLES.items()}
    for name, view in views.items():
        yield f"{name}{made.suffix}", _encoded(made.render(view, golden.options))
        for variable, render in made.beside.items():
            yield f"{name}.{variable.lower()}.txt", _encoded(render(view))
    if made.render_class is not None:
        yield f"{CLASS}{made.suffix}", _encoded(made.render_class([*views.values()], golden.options))
    if golden.folder == "json":
        yield f"{FAILURE}{made.suffix}", _encoded(render_error(_ERROR))
    if golden.folder == "gradescope":
        yield f"{FAILURE}{made.suffix}", _encoded(_failed_on_gradescope())


def wanted() -> dict[str, bytes]:
    """Every golden file by its path below `goldens/`."""
    return {f"{golden.folder}/{name}": content for golden in goldens() for name, content in files(golden)}


def there(folder: Path = GOLDENS) -> dict[str, bytes]:
    """What lies there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def differing(folder: Path = GOLDENS) -> list[str]:
    """Paths that are missing, too many, or of other content."""
    made, found = wanted(), there(folder)
    return sorted(path for path in made.keys() | found.keys() if made.get(path) != found.get(path))


def write(folder: Path = GOLDENS) -> list[str]:
    """Make the folder what it must be; returns the paths that have changed."""
    made, changed = wanted(), differing(folder)
    for name in changed:
        path = folder / name
        if name not in made:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made[name])
    return changed


def _encoded(text: str) -> bytes:
    """As a report is written into a file."""
    return text.encode("utf-8", "backslashreplace")


def _failed_on_gradescope() -> str:
    """What students and instructors see there of a failure that is not the student's."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "source").mkdir()
        standing = layout(unfinished((corr2d(), pool2d())))  # an exercise and its result both have title and points
        (root / "source" / "unfinished.json").write_text(standing, encoding="utf-8")
        return layout(failed(root, OUR_FAULT, str(_ERROR))) + "\n"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="The golden files of report formats.")
    parser.add_argument("--write", action="store_true", help="write them anew")
    given = parser.parse_args()
    changed = write() if given.write else differing()
    print(
        *(f"{'written' if given.write else 'differs'}: {path}" for path in changed), sep="\n", end="\n" * bool(changed)
    )
    if changed and not given.write:
        print(HOW, file=sys.stderr)
    return 0 if given.write else bool(changed)


if __name__ == "__main__":
    sys.exit(main())
