"""Known mistakes are named exactly, and nothing else is: with the reference, by fingerprints, and by the text alone."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from d2l_kit.author.fingerprints import write_fingerprints
from d2l_kit.catalog import Chapter
from d2l_kit.errors import AuthorError, KitError
from d2l_kit.grading import traces
from d2l_kit.grading.diagnosis import read_fingerprints
from d2l_kit.grading.mistakes import read_mistakes
from d2l_kit.grading.traces import CheckTrace
from d2l_kit.report.model import Diagnosis, ExerciseStatus, Report
from d2l_kit.worker.protocol import Answer, Raised
from engine_course import SCALE, Case, exercise_of, judge_all, result, write_chapter
from hypothesis import given, settings
from hypothesis import strategies as st

Found = dict[str, Report | KitError]


def scale(body: str, limits: dict[str, float] | None = None) -> Case:
    return Case("scale", f"import time\n\n\ndef scale(X, factor):\n    {body}\n", limits=limits)


CASES = {
    "right": scale("return X * factor"),
    "adds": scale("return factor + X"),
    "adds a little less": scale("return X + 0.99 * factor"),
    "flattens": scale("return (factor * X).flatten()"),
    "single_precision": scale("return X.float() * factor"),
    "negates": scale("return X * -1 * factor"),
    "subtracts": scale("return X - factor"),
    "adds in other words": Case("scale", "def scale(X, factor):\n    return sum([X, factor])\n"),
    "hangs": scale("time.sleep(3600)", {"time": 4.0}),
    "adds and hangs": scale("return X + factor if X.dim() == 2 and factor == 2 else time.sleep(3600)", {"time": 4.0}),
    "exits": scale("raise SystemExit"),
    "cannot be imported": Case("scale", "import no_such_module\n"),
    "no return": scale("result = X * factor"),
    "prints": Case("total", "def total(n):\n    print(n)\n"),
    "no mistakes known": Case("step", "def step(n):\n    return n + 2\n"),
}
KNOWN = ["adds", "flattens", "single_precision"]  # told apart; `negates` has a twin
UNNAMED = [
    "right",
    "adds a little less",
    "negates",  # two known mistakes behave so: which of them is not known
    "the mistake negates",
    "the mistake negates_otherwise",
    "subtracts",
    "hangs",
    "adds and hangs",
    "exits",
    "cannot be imported",
    "no mistakes known",
]


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Chapter:
    """The tiny chapter, with fingerprints."""
    chapter = write_chapter(tmp_path_factory.mktemp("diagnosis"))
    written, problems = write_fingerprints([chapter], chapter.exercises, jobs=1)
    assert (written, problems) == ([chapter.fingerprints], ())
    return chapter


@pytest.fixture(scope="module")
def cases(chapter: Chapter) -> dict[str, Case]:
    """The cases above, and every known mistake itself."""
    known = read_mistakes(exercise_of(chapter, "scale"))
    return CASES | {f"the mistake {mistake.name}": Case("scale", mistake.source) for mistake in known}


@pytest.fixture(scope="module")
def instructors(chapter: Chapter, cases: dict[str, Case]) -> Found:
    """Where the reference is installed."""
    return judge_all(chapter, cases, hidden=True)


@pytest.fixture(scope="module")
def students(chapter: Chapter, cases: dict[str, Case]) -> Found:
    """On a student's machine: public checks and fingerprints."""
    return judge_all(chapter, cases, hidden=False)


def named(found: Found, case: str) -> str:
    """The known mistake that was named, or "" for none."""
    diagnosis = result(found, case).diagnosis
    return diagnosis.name if diagnosis and diagnosis.source != "mechanical" else ""


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_mistake_is_named_where_the_reference_is(instructors: Found, chapter: Chapter, name: str) -> None:
    tells = {mistake.name: mistake.tells for mistake in read_mistakes(exercise_of(chapter, "scale"))}
    for case in (name, f"the mistake {name}"):
        assert result(instructors, case).diagnosis == Diagnosis("reference", name, tells[name])


def test_a_known_mistake_is_named_by_its_fingerprint(students: Found) -> None:
    for name, tells in (
        ("adds", "The factor is added. It is to be multiplied with."),
        ("flattens", "The shape is lost."),
    ):
        for case in (name, f"the mistake {name}"):
            assert result(students, case).diagnosis == Diagnosis("fingerprint", name, tells)


def test_a_mistake_is_known_by_what_it_answers_and_not_by_how_it_is_written(
    instructors: Found, students: Found
) -> None:
    assert named(instructors, "adds in other words") == named(students, "adds in other words") == "adds"


def test_a_mistake_that_only_hidden_checks_see_passes_on_a_students_machine(students: Found) -> None:
    assert result(students, "single_precision").status is ExerciseStatus.PASSED
    assert result(students, "single_precision").diagnosis is None


@pytest.mark.parametrize("case", UNNAMED)
def test_what_is_not_exactly_one_known_mistake_is_not_named(instructors: Found, students: Found, case: str) -> None:
    assert (named(instructors, case), named(students, case)) == ("", "")


def test_what_the_text_shows_is_named_without_any_catalogue(instructors: Found, students: Found) -> None:
    for found in (instructors, students):
        for case, line in (("no return", 4), ("prints", 2)):
            diagnosis = result(found, case).diagnosis
            assert diagnosis is not None and diagnosis.source == "mechanical"
            assert f":{line}: " in diagnosis.tells and "return" in diagnosis.tells
            assert diagnosis.tells in result(found, case).notes


def test_fingerprints_hold_the_mistakes_that_public_checks_see(chapter: Chapter) -> None:
    found = read_fingerprints(chapter.fingerprints)
    assert [entry["name"] for entry in found["scale"]] == ["adds", "flattens", "negates", "negates_otherwise"]
    adds = found["scale"][0]["traces"]
    assert adds["shape"] == CheckTrace(passed=True)
    assert not adds["values"].passed and len(adds["values"].answers) == 1
    assert found["step"] == []


def test_fingerprints_written_anew_are_the_same_bytes_and_others_entries_stay(chapter: Chapter) -> None:
    before = chapter.fingerprints.read_bytes()
    write_fingerprints([chapter], [exercise_of(chapter, "scale")], jobs=1)
    assert chapter.fingerprints.read_bytes() == before


def test_what_hangs_on_how_a_processor_rounds_is_not_kept_and_names_nothing(tmp_path: Path) -> None:
    """As after a training that diverges; this solution looks at the variable by which a library is made to round
    otherwise."""
    old = (
        "import os\n\n\ndef scale(X, factor):\n"
        "    torch = os.environ.get('ATEN_CPU_CAPABILITY')\n    old = torch == 'default'\n"
    )
    mistakes = {
        "diverges": "    return X + factor * (2 if old else 1)\n",
        "right_by_chance": "    return X * factor if old else X + 3 * factor\n",
        "agrees_twice": "    return [X + (2 if old else 1), X + (4 if torch == 'avx2' else 3)]\n",
        "turns": "    return X.t() if factor == 2.0 else X * (7 if old else 8)\n",
    }
    entries = [
        f'[[mistake]]\nname = "{m}"\ntells = "b"\ncaught_by = ["shape"]\nfile = "mistakes/{m}.py"\n' for m in mistakes
    ]
    public = str(SCALE["public"]).replace('@pytest.mark.needs("shape")\n', "")
    chapter = write_chapter(tmp_path, {"scale": SCALE | {"public": public, "mistakes": "\n".join(entries)}})
    exercise = exercise_of(chapter, "scale")
    assert exercise.files.mistakes is not None
    folder = exercise.files.mistakes.parent / "mistakes"
    folder.mkdir()
    for name, body in mistakes.items():
        (folder / f"{name}.py").write_text(old + body, encoding="utf-8")
    write_fingerprints([chapter], [exercise], jobs=1)
    found = {entry["name"]: entry["traces"]["values"] for entry in read_fingerprints(chapter.fingerprints)["scale"]}
    assert list(found) == list(mistakes)
    assert found["right_by_chance"].passed is None
    unknown = ["float", [2, 3], 0, None, None, None]
    assert found["diverges"].answers == (["returned", [unknown]],)
    assert found["agrees_twice"].answers == (["returned", ["sequence of 2", unknown, unknown]],)
    judged = judge_all(chapter, {name: Case("scale", old + body) for name, body in mistakes.items()}, hidden=False)
    assert [named(judged, name) for name in mistakes] == ["", "", "", "turns"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 2, "exercises": {}}',
        '{"format": 1, "exercises": {"x": [3]}}',
        '{"format": 1, "exercises": {"x": [{"name": "a", "traces": {"c": {}}}]}}',
    ],
)
def test_damaged_fingerprints_are_an_authors_error_with_the_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fingerprints.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError, match="author fingerprint") as caught:
        read_fingerprints(path)
    assert str(path) in str(caught.value)


def test_without_fingerprints_there_are_none(tmp_path: Path) -> None:
    assert read_fingerprints(tmp_path / "fingerprints.json") == {}


MISTAKE = '[[mistake]]\nname = "a"\ntells = "b"\ncaught_by = ["shape"]\n'


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("[[mistake]", ("cannot be read",)),
        (MISTAKE + 'replace = "nowhere"\nby = ""\n', ("'a'", "'nowhere' occurs 0 times")),
        (MISTAKE + 'replace = "factor"\nby = ""\n', ("'factor' occurs 2 times", "exactly once")),
        (MISTAKE + 'replace = "X * factor"\n', ("needs `replace` and `by`",)),
        (MISTAKE + 'file = "mistakes/none.py"\n', ("none.py", "Correct `file`")),
        (MISTAKE + 'replaces = "x"\n', ("unknown key 'replaces'",)),
        (MISTAKE.replace('"b"', '""'), ("'tells' is missing",)),
        (2 * (MISTAKE + 'replace = "X * factor"\nby = "X"\n'), ("two mistakes are named 'a'",)),
    ],
)
def test_a_mistake_that_is_written_down_wrongly_is_an_authors_error(tmp_path, text: str, fragments) -> None:
    chapter = write_chapter(tmp_path, {"scale": SCALE | {"mistakes": text}})
    with pytest.raises(AuthorError) as caught:
        read_mistakes(exercise_of(chapter, "scale"))
    assert [part for part in ("scale.mistakes.toml", *fragments) if part not in str(caught.value)] == []


# Traces: when two behaviours are taken for one


def trace(*values: object, passed: bool = False, measure: float = 0.0) -> CheckTrace:
    return CheckTrace(passed, traces.features([Answer("returned", value) for value in values]), measure)


def kept(one: CheckTrace) -> CheckTrace:
    """As it is read back from a file."""
    return CheckTrace.from_json(json.loads(json.dumps(one.as_json())))


M = torch.tensor([[1.0, -2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (M, M.double()),
        (M, M * (1 + 1e-5)),
        (M, M.clone().requires_grad_()),
        ([M, 1], (M, 1)),
        ({"a": 1.0}, {"a": 1.0}),
        (torch.tensor([math.nan, 1.0]), torch.tensor([math.nan, 1.0])),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
        (2**70, 2**70),
        (None, None),
        (True, True),
        ("text", "text"),
    ],
)
def test_the_same_answer_agrees_also_after_it_was_kept(mine: object, theirs: object) -> None:
    assert traces.agree(trace(mine), trace(theirs))
    assert traces.agree(kept(trace(mine)), trace(theirs))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (M, -M),
        (M, M.t()),
        (M, M.flip(0)),
        (M, M.reshape(-1)),
        (M, M.long()),
        (M, M + 0.1),
        (M, [M]),
        (M, None),
        ([M, M], [M]),
        ({"a": 1.0}, {"b": 1.0}),
        (torch.tensor([math.nan, 1.0]), torch.tensor([0.0, 1.0])),
        (2**70, 2**71),
        (1, True),
        (1.0, "1.0"),
        (torch.zeros(0, 3), torch.zeros(3, 0)),
    ],
)
def test_another_answer_does_not_agree(mine: object, theirs: object) -> None:
    assert not traces.agree(trace(mine), trace(theirs))
    assert not traces.agree(kept(trace(mine)), trace(theirs))


def test_what_two_runs_have_in_common_agrees_with_both_and_with_nothing_else() -> None:
    both = kept(traces.in_common(trace({"a": M, "b": 1.0}), trace({"a": M, "b": 2.0})))
    assert both.vague and not trace({"a": M, "b": 1.0}).vague
    assert [traces.agree(both, trace({"a": M, "b": b})) for b in (1.0, 2.0, 7.0)] == [True] * 3
    assert not traces.agree(both, trace({"a": -M, "b": 1.0}))
    assert not traces.agree(both, trace({"a": M, "c": 1.0}))
    assert not traces.agree(both, trace(passed=True))
    unsure = kept(traces.in_common(trace(M), trace(passed=True)))
    assert traces.agree(unsure, trace(-M)) and traces.agree(unsure, trace(passed=True))


def test_traces_agree_only_if_both_passed_or_both_failed() -> None:
    assert traces.agree(trace(1, passed=True), trace(2, passed=True))
    assert not traces.agree(trace(1, passed=True), trace(1))
    assert not traces.agree(trace(1, 2), trace(1))


def test_measured_ratios_agree_within_a_factor() -> None:
    assert traces.agree(trace(1, measure=1.0), trace(1, measure=2.0))
    assert not traces.agree(trace(1, measure=1.0), trace(1, measure=4.0))
    assert kept(trace(1, measure=1.5)).measure == 1.5


def test_exceptions_agree_by_the_builtin_they_derive_from() -> None:
    def raised(kind: str, *bases: str) -> CheckTrace:
        return CheckTrace(False, traces.features([Answer("raised", raised=Raised(kind, bases, "text"))]))

    assert traces.agree(raised("MyError", "ValueError", "Exception"), raised("ValueError", "ValueError", "Exception"))
    assert not traces.agree(raised("MyError", "ValueError"), raised("MyError", "TypeError"))
    assert not traces.agree(raised("MyError"), trace(1))


def test_what_is_kept_of_an_answer_is_bounded_whatever_came_back() -> None:
    huge = [
        torch.ones(8 << 20, dtype=torch.uint8),
        ["x" * 100_000] * 1000,
        {n: n for n in range(4000)},
        [[1.5] * 1000] * 50,
    ]
    kept_text = json.dumps(trace(*huge).as_json())
    assert len(kept_text) < 30_000
    assert len(trace(*range(100)).answers) == traces.MAX_CALLS


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=12), st.lists(st.floats(-100, 100), min_size=2, max_size=12))
@settings(max_examples=200, deadline=None)
def test_answers_that_differ_visibly_never_agree(mine: list[float], theirs: list[float]) -> None:
    a, b = torch.tensor(mine, dtype=torch.float64), torch.tensor(theirs, dtype=torch.float64)
    alike = a.shape == b.shape and bool(torch.allclose(a, b, rtol=0.0, atol=0.05 * float(b.abs().max() + 1)))
    if not alike:
        assert not traces.agree(trace(a), trace(b))
