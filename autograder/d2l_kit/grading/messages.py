"""A check's outcome in words for the student: what was tried, what should hold, what came back, where."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2l_kit.grading import describe
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import Call, NoAnswer, Subject
from d2l_kit.report.model import Location, Status
from d2l_kit.submission import Source
from d2l_kit.worker.protocol import Answer, Raised

_MEMORY = re.compile(
    r"can't allocate memory|Cannot allocate memory|could not create a primitive|bad_alloc|out of memory"
)
_STATUS = {
    "exited": Status.EXITED,
    "died": Status.EXITED,
    "timeout": Status.TIMEOUT,
    "memory": Status.MEMORY,
    "output": Status.OUTPUT,
    "refused": Status.MALFORMED,
    "malformed": Status.MALFORMED,
}
_PRINTED = 300
_DETAIL = 4000  # characters; a check's error may quote all that came back
_NAME = 100
_NAMES = 500  # looked through for one that is a letter off


@dataclass(frozen=True)
class Explanation:
    """A status and its words."""

    status: Status
    message: str = ""
    detail: str = ""
    location: Location | None = None


@dataclass(frozen=True)
class Setting:
    """What messages need to know besides the outcome.

    Attributes:
        source: The student's text, to find lines in.
        limit: Seconds the exercise had.
        parameters: Function → names of its parameters, from the stub.
        public: Whether expected values may be shown.
    """

    source: Source
    limit: float
    parameters: Mapping[str, Sequence[str]]
    public: bool = False


def explain(ended: BaseException | None, submission: Subject, setting: Setting) -> Explanation:
    """Turn what ended a check (None: it passed) into a status and a message; the log tells what was called."""
    if ended is None:
        return Explanation(Status.PASSED)
    last = submission.log[-1] if submission.log else None
    if isinstance(ended, NoAnswer):
        return no_answer(ended.call.answer, setting, ended.call)
    tried = _tried(last, setting)
    if isinstance(ended, CheckFailed):
        shown = ended.secret if setting.public else ""
        lines = [*tried, ended.expected, ended.got, shown, ended.help, *_printed_instead(last)]
        return Explanation(Status.FAILED, _join(lines), ended.secret)
    text = str(ended).strip()[:_DETAIL]
    if isinstance(ended, AssertionError):
        return Explanation(Status.FAILED, _join([*tried, text.split("\n")[0]]), text)
    came = describe.came_back(last.answer.value) if last else ""
    lines = [*tried, "What came back could not be examined.", came, *_printed_instead(last)]
    return Explanation(Status.FAILED, _join(lines), f"{type(ended).__name__}: {text}")


def no_answer(answer: Answer, setting: Setting, call: Call | None = None) -> Explanation:
    """Words for a call (or an import: `call` is None) that did not return."""
    status = _STATUS.get(answer.outcome, Status.RAISED)
    what = _call(call, setting) if call else f"Importing {setting.source.file}"
    if call and not call.of_the_kit:
        what = what[:1].upper() + what[1:]
    if answer.raised is not None:
        return _raised(answer.raised, what, setting.source, call)
    if status is Status.TIMEOUT:
        text = (
            f"{what} did not finish within the time allowed: {setting.limit:g} s for the exercise, "
            "half of them for one check."
        )
        help_ = "Look for a loop that never ends, or for one that could be a tensor operation."
    elif answer.outcome == "exited":
        text = f"{what} called exit() (code {answer.text})."
        help_ = "Code that is graded must return, not end the process: remove exit(), quit() or sys.exit()."
    elif answer.outcome == "died":
        text = f"{what} ended the whole process before it answered ({answer.text})."
        help_ = "Remove os._exit() and the like; a signal such as SIGSEGV comes from memory accessed outside a tensor."
    elif status is Status.MEMORY:
        text, help_ = (
            f"{what} used too much memory: {answer.text}.",
            "Do not build tensors larger than the result needs.",
        )
    elif status is Status.OUTPUT:
        text, help_ = f"{what} was stopped: {answer.text}.", "Remove the print from the loop."
    elif answer.outcome == "refused":
        text = f"{what} returned something that cannot be compared: {answer.text}."
        help_ = "Return what the stub's docstring says: tensors, numbers, tuples, lists or dictionaries of them."
    else:
        text = f"{what} gave an answer that cannot be read: {answer.text}."
        help_ = "Do not touch the descriptors, threads or modules of the grader; just return the result."
    return Explanation(status, _join([text, help_, *_printed(answer)]))


def _raised(raised: Raised, what: str, source: Source, call: Call | None) -> Explanation:
    location = source.locate(raised.lines[-1][0]) if raised.lines and raised.lines[-1][0] > 0 else None
    if "MemoryError" in raised.bases or _MEMORY.search(raised.message):
        return Explanation(Status.MEMORY, f"{what} ran out of memory: {raised.message}".rstrip(": "), location=location)
    if "NotImplementedError" in raised.bases and not raised.in_import:
        where = f"line {raised.lines[-1][0]} still holds" if raised.lines else "it still holds"
        text = f"{what} raised NotImplementedError: {where} the stub's raise. Remove that line."
        return Explanation(Status.RAISED, text, location=location)
    lines = [
        f"{what} raised {raised.kind}: {raised.message}".rstrip(": "),
        _quoted(raised),
        _advice(raised, source, call),
    ]
    return Explanation(Status.RAISED, _join(lines), location=location)


def _quoted(raised: Raised) -> str:
    if not raised.lines or not raised.lines[-1][2]:
        return ""
    number, function, text = raised.lines[-1]
    inside = f" in {function}" if function and function != "<module>" else ""
    return f"Line {number}{inside}: {text.strip()}"


def _advice(raised: Raised, source: Source, call: Call | None) -> str:
    message = raised.message
    if "EOFError" in raised.bases and "reading a line" in message:
        return "Your code asked for input; nobody is there to answer. Remove input()."
    if raised.kind == "BdbQuit":
        return "Your code started the debugger. Remove breakpoint() or pdb.set_trace()."
    if "ModuleNotFoundError" in raised.bases and "'d2l'" in message:
        return (
            "The kit does not ship the book's d2l package: write the few lines yourself with torch "
            "(d2l.Timer: time.perf_counter; d2l.train_ch…: your own loop; d2l.plt: not needed here)."
        )
    if "relative import" in message:
        return "Each exercise is one file of its own: put what you need into it."
    if "ModuleNotFoundError" in raised.bases:
        return (
            "Each exercise is one file of its own: put what you need into it. "
            "It can import the standard library, torch and numpy."
        )
    if "RecursionError" in raised.bases:
        return "A function calls itself without an end."
    missing = re.match(r"module '\w+' has no attribute '(\w+)'", message)
    if missing and not raised.lines:
        near = difflib.get_close_matches(missing.group(1)[:_NAME], _defined(source.text), n=1, cutoff=0.6)
        did = f" You defined {near[0]!r}: rename it." if near else ""
        return f"{source.file} defines no {missing.group(1)!r}.{did}"
    if "TypeError" in raised.bases and not raised.lines and "argument" in message and call:
        return "The signature must be the stub's: the same parameters in the same order."
    return ""


def _defined(text: str) -> list[str]:
    return [name[:_NAME] for name in re.findall(r"^(?:def|class)\s+(\w+)", text, re.MULTILINE)[:_NAMES]]


def _tried(last: Call | None, setting: Setting) -> list[str]:
    if last is None or last.probe.silent:
        return []
    return [f"Tried {_call(last, setting)}", *describe.small_inputs(_inputs(last, setting))]


def _call(call: Call, setting: Setting) -> str:
    name = call.function if call.of_the_kit else f"the check's own {call.function}"
    return describe.called(name, _inputs(call, setting))


def _inputs(call: Call, setting: Setting) -> list[tuple[str, Any]]:
    """(parameter's name, argument), the name from the stub where it has so many."""
    names = setting.parameters.get(call.function, ())
    named = list(names) if len(call.inputs) <= len(names) else [""] * len(call.inputs)
    return [*zip(named, call.inputs, strict=False), *call.keywords.items()]


def _printed_instead(last: Call | None) -> list[str]:
    if last is None or last.answer.value is not None or not last.answer.printed.strip():
        return []
    text = last.answer.printed.strip()[:_PRINTED]
    return [
        f"{last.function} returned None, and it printed: {text}",
        "Did you mean `return` instead of `print`?",
    ]


def _printed(answer: Answer) -> list[str]:
    text = answer.printed.strip()
    return [f"Before that it printed: {text[:_PRINTED]}"] if text else []


def _join(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)


def parameters_of(stub: str) -> dict[str, tuple[str, ...]]:
    """Function → names of its parameters, of every top-level function of a stub."""
    functions = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)]
    return {f.name: tuple(a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)) for f in functions}
