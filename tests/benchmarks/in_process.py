"""The yardstick of the class benchmark: the same checks on the same files in one process, without any isolation."""

from __future__ import annotations

import sys
from pathlib import Path

from d2l_kit.grading.evidence import LocalModule, Subject
from d2l_kit.grading.judge import Seeds
from d2l_kit.grading.plugin import Session, Surroundings, with_session
from d2l_kit.grading.rng import Rng
from d2l_kit.plugins import load_course


def main(folder: Path, names: list[str]) -> None:
    """Run every check of `names` on every submission below `folder`; print how many passed."""
    exercises = load_course().select(names)

    def drive(session: Session) -> int:
        passed = 0
        for submission in sorted(folder.iterdir()):
            seeds = Seeds(hidden="bench", student=submission.name)
            for exercise in exercises:
                assert exercise.files.solution is not None
                mine = LocalModule(submission / exercise.chapter / f"{exercise.name}.py", exercise.name)
                theirs = LocalModule(exercise.files.solution, exercise.name)
                for check in session.of(exercise):
                    seed = seeds.of(check)
                    around = Surroundings(
                        Subject("submission", mine.ask, seed), Subject("reference", theirs.ask, seed), Rng(seed)
                    )
                    passed += session.run(check, around) is None
        return passed

    print(with_session(exercises, True, drive), "checks passed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
