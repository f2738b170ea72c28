"""What a student reads of a failing check."""

from __future__ import annotations

import pytest
import torch
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import Call, Subject
from d2l_kit.grading.messages import Setting, explain, no_answer, parameters_of
from d2l_kit.grading.probes import call
from d2l_kit.submission import Source
from d2l_kit.worker.protocol import Answer, Raised

STUB = "def pool2d(X, pool_size, mode='max', stride=None, padding=0):\n    raise NotImplementedError\n"


def _explained(ended: BaseException, answer: Answer, public: bool = True, **keywords: object) -> str:
    X = torch.tensor([[1.0, 2.0]])
    subject = Subject("submission", lambda *_: answer, 0)
    subject.log.append(Call(call, ("pool2d", (X, 3), keywords), {}, (b"", []), 0, answer))
    setting = Setting(Source("", "pool2d.py"), 5.0, parameters_of(STUB), public)
    return explain(ended, subject, setting).message


def test_arguments_are_named_as_in_the_stub_and_keywords_by_their_own_names():
    message = _explained(CheckFailed("A.", "B."), Answer("returned", torch.ones(1)), padding=1)
    assert "Tried pool2d(X: float32 tensor (1, 2), pool_size: 3, padding: 1)" in message
    assert "  X = [[1.0, 2.0]]" in message


def test_expected_values_are_shown_for_public_checks_only():
    failed = CheckFailed("It should hold.", "It does not.", secret="Expected 42.")
    assert "Expected 42." in _explained(failed, Answer("returned", 1))
    assert "42" not in _explained(failed, Answer("returned", 1), public=False)


def test_none_after_printing_asks_for_return():
    printed = Answer("returned", None, printed="tensor(3.)\n")
    message = _explained(CheckFailed("A tensor.", "It returned None."), printed)
    assert "returned None, and it printed: tensor(3.)" in message
    assert "Did you mean `return`" in message


@pytest.mark.parametrize(
    ("bases", "message", "advice"),
    [
        (("ModuleNotFoundError",), "No module named 'utils'", "Each exercise is one file of its own"),
        (("ModuleNotFoundError",), "No module named 'd2l'", "does not ship the book's d2l package"),
        (("RecursionError",), "maximum recursion depth exceeded", "calls itself without an end"),
        (("EOFError",), "EOF when reading a line", "Remove input()"),
    ],
)
def test_an_exception_is_followed_by_what_to_do(bases: tuple[str, ...], message: str, advice: str):
    raised = Raised(bases[0], bases, message, ((2, "pool2d", "…"),))
    setting = Setting(Source("", "pool2d.py"), 5.0, parameters_of(STUB), public=True)
    assert advice in no_answer(Answer("raised", raised=raised), setting).message
