"""`make bench`: what confinement and warmth cost, as ratios of one run, medians; what holds and what does not.

Nothing here is a test: an idle machine and a busy one give other seconds, and ratios move too. The goals are the
project's; the table says for each whether it holds on this machine, now.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import classes
import rendering
from measure import HERE, KIT, Line, cost, cpu, solved, wall

EXERCISES = ("corr2d", "learn_kernel", "fix_cnn_training")
CLASS_SIZE = 20
ROUNDS = 5
SAVES = 15
WATCHED = "corr2d"


def main() -> None:
    """Run all and print the table; with --quick nothing that grades a class."""
    with tempfile.TemporaryDirectory() as folder:
        # An installed wheel is compiled by pip; an editable tree whose bytecode may not be written would be compiled
        # again at every start, which is not what is to be measured.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # as the grader has it, for the yardsticks too
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        solved(Path(folder) / "first", (WATCHED,))
        cost([*KIT, "check", WATCHED], Path(folder) / "first")
        lines = [
            *listing(),
            cold_check(Path(folder) / "cold"),
            watching(Path(folder) / "watch"),
            *rendering.formats(),
        ]
        if "--quick" not in sys.argv:
            lines += [whole_class(Path(folder) / "class")]
            lines += [*classes.a_class(Path(folder) / "large"), *classes.a_gradebook(Path(folder) / "book")]
    print(*lines, sep="\n")


def whole_class(folder: Path) -> Line:
    """A class against the same checks in one process."""
    folder.mkdir()
    for number in range(CLASS_SIZE):
        solved(folder / f"student{number:02d}", EXERCISES)
    bare = cpu([sys.executable, str(HERE / "in_process.py"), str(folder), *EXERCISES])
    out = folder.with_name("graded")
    names = ["--exercises", ",".join(EXERCISES)]
    ours = cpu([*KIT, "grade", str(folder), *names, "--out", str(out), "--seed", "bench", "--allow-weaker"])
    note = f"{ours:.1f} s against {bare:.1f} s of CPU"
    return Line(f"class of {CLASS_SIZE}, {len(EXERCISES)} exercises / in one process", ours / bare, 1.25, "x", note)


def cold_check(folder: Path) -> Line:
    """One student's check, nothing warm, against a bare import of torch."""
    solved(folder, (WATCHED,))
    pairs = [
        (cpu([*KIT, "check", WATCHED], folder), cpu([sys.executable, "-c", "import torch"])) for _ in range(ROUNDS)
    ]
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    ours, bare = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    note = f"{ours:.2f} s against {bare:.2f} s of CPU"
    return Line(f"cold check of {WATCHED} / import torch", ratio, 1.25, "x", note)


def watching(folder: Path) -> Line:
    """From a save to its verdict, warm."""
    file = solved(folder, (WATCHED,)) / f"{WATCHED}.py"
    original = file.read_text(encoding="utf-8")
    process = subprocess.Popen(
        [*KIT, "check", WATCHED, "--watch"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        _read_until_points(process)
        seconds = []
        for number in range(SAVES):
            start = time.perf_counter()
            file.write_text(f"{original}\n# save {number}\n", encoding="utf-8")
            _read_until_points(process)
            seconds.append(time.perf_counter() - start)
    finally:
        process.kill()
        process.wait()
    return Line(f"watch: save to verdict, p50 of {SAVES}", statistics.median(seconds) * 1000, 150, "ms")


def listing() -> list[Line]:
    """`list`, `--help` and the shell's TAB, which must not wait for torch."""
    lines = [completing()]
    for arguments in (["list"], ["--help"]):
        seconds = statistics.median(wall([*KIT, *arguments]) for _ in range(ROUNDS))
        probe = "import sys; from d2l_kit.cli import main; main(sys.argv[1:]); print('torch' in sys.modules)"
        said = subprocess.run([sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=False)
        note = "without torch" if said.stdout.rstrip().endswith("False") else "IMPORTS TORCH"
        lines.append(Line(f"d2l-kit {arguments[0]}", seconds, 0.4, "s", note))
    return lines


def completing() -> Line:
    """What comes after `d2l-kit check co`, as bash asks for it."""
    asked = {"_D2L_KIT_COMPLETE": "complete_bash", "COMP_WORDS": "d2l-kit check co", "COMP_CWORD": "2"}
    command = ["env", *(f"{name}={value}" for name, value in asked.items()), *KIT]
    return Line("TAB after d2l-kit check co", statistics.median(wall(command) for _ in range(ROUNDS)), 0.4, "s")


def _read_until_points(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    if not any("points" in line and "Hidden checks run" in line for line in process.stdout):
        raise SystemExit("watch ended early")


if __name__ == "__main__":
    main()
