"""What a check can ask a module, and the log of what was asked and answered.

A `Subject` is a submission in its worker, or the reference in the grader; both answer the same probes from the same
text, on the same arguments, after the same seeds. The log is what messages and the diagnosis are made from.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from d2l_kit.errors import AuthorError
from d2l_kit.grading.probes import Probe, call
from d2l_kit.grading.rng import seed_of
from d2l_kit.worker import codec, protocol, runner
from d2l_kit.worker.protocol import Answer

Payload = tuple[bytes, list[memoryview]]


@dataclass(frozen=True)
class Call:
    """One probe run on a subject: what was asked, in a form that can be asked again, and the answer."""

    probe: Probe
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    payload: Payload
    seed: int
    answer: Answer

    @property
    def function(self) -> str:
        """The function of the module that was called, where a ready-made probe called one; else the probe's name."""
        return str(self.args[0]) if self.of_the_kit else self.probe.name

    @property
    def of_the_kit(self) -> bool:
        """Whether a ready-made probe was run, which calls a function of the submission by its name."""
        return self.probe.of_the_kit

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The positional arguments that reached the function, as far as the probe shows them."""
        return tuple(self.args[1]) if self.of_the_kit else self.args

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments that reached it."""
        named = self.of_the_kit and len(self.args) > 2 and isinstance(self.args[2], dict)
        return dict(self.args[2]) if named else self.kwargs


class NoAnswer(Exception):
    """A subject did not return; `call.answer` says how it ended. Caught by the judge and by `assert_raises`."""

    def __init__(self, subject: Subject, call: Call) -> None:
        super().__init__(call.answer.outcome)
        self.subject = subject
        self.call = call


def _no_pristine() -> Subject:
    raise AuthorError("A yardstick can only be run beside a submission.", "Do not call assert_faster on the reference.")


@dataclass
class Subject:
    """Something that answers probes, and the log of one check's conversation with it.

    Args:
        role: "submission" or "reference"; used in messages.
        ask: Sends one request and waits for its answer.
        seed: The check's; each call's seed is made from it and the call's number.
        pristine: A subject without any student code, for yardsticks.
        kept: What the submission's workers made and the next may be given; of one submission, whatever the check.
        notes: What a report should say of the check besides its outcome.
        device: Where its kernels run: "cpu", or compiled on a GPU, by torch's name of it.
        observed: Whether the check says of itself that it rests on what is observed.
    """

    role: str
    ask: Callable[[Probe, Payload, int], Answer]
    seed: int
    pristine: Callable[[], Subject] = _no_pristine
    log: list[Call] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    device: str = "cpu"
    observed: bool = True

    def run(self, probe: Probe, *args: Any, **kwargs: Any) -> Any:
        """Run a probe next to the module and return its plain data.

        Raises:
            NoAnswer: It raised, exited, timed out, or returned something that is not plain data.
            AssertionError: The arguments are not plain data, and may hold what came back before.
            AuthorError: The arguments are not plain data otherwise, or `probe` is not a probe.
        """
        return self.request(probe, *args, **kwargs).answer.value

    def request(self, probe: Probe, *args: Any, **kwargs: Any) -> Call:
        """As `run`, with everything the grader knows about the call."""
        if not isinstance(probe, Probe):
            raise AuthorError(f"run() needs a probe, not {probe!r}.", "Decorate the function with @probe.")
        try:
            payload = codec.encode((args, kwargs))
        except codec.NotPlainData as error:
            if self.log:  # it may be an earlier answer, and whoever gave that must not stop the grader
                raise AssertionError(f"What came back cannot be handed on to {probe.name}: {error}.") from error
            raise AuthorError(
                f"probe {probe.name!r}: an argument cannot travel: {error}.", "Pass plain data."
            ) from error
        seed = seed_of(str(self.seed), str(len(self.log)))
        made = Call(probe, args, kwargs, payload, seed, self.ask(probe, payload, seed))
        self.log.append(made)
        if made.answer.outcome != "returned":
            raise NoAnswer(self, made)
        return made

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Function(self, name)


@dataclass(frozen=True)
class _Function:
    """`submission.corr2d`: the default probe with the function's name filled in."""

    subject: Subject
    name: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.subject.run(call, self.name, args, kwargs)


class LocalModule:
    """A trusted module (a reference solution) that answers probes in this process.

    Args:
        path: Its file.
        name: The exercise's.
        companions: Name → source of the modules it may import while it is loaded.
    """

    def __init__(self, path: Path, name: str, companions: Mapping[str, str] | None = None) -> None:
        self._path = path
        before = {companion: sys.modules.get(companion) for companion in companions or {}}
        try:
            for companion, text in (companions or {}).items():
                runner.load_module(companion, text, f"{companion}.py")
            source = path.read_text(encoding="utf-8")
            self._module: ModuleType = runner.load_module(f"d2l_kit_reference.{name}", source, str(path))
        except Exception as error:  # whatever the author's file raises
            raise AuthorError(f"{path}: the solution cannot be loaded: {type(error).__name__}: {error}.") from error
        finally:
            for companion, module in before.items():  # plain names such as `corr2d` stay free for others
                sys.modules.pop(companion, None)
                if module is not None:
                    sys.modules[companion] = module
        self._names = runner.probe_names()
        self._compiled: dict[str, Callable[..., Any]] = {}

    def ask(self, probe: Probe, payload: Payload, seed: int) -> Answer:
        """Answer as a worker would: arguments decoded from bytes, generators seeded, result through the codec."""
        if probe.source not in self._compiled:
            self._compiled[probe.source] = runner.compile_probe(probe.source, probe.name, dict(self._names))
        header, frames = payload
        args, kwargs = codec.decode(header, memoryview(b"".join(frames)), grad=True)
        for seeder in (random.seed, np.random.seed, torch.manual_seed):
            seeder(seed)
        start = time.perf_counter()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = self._compiled[probe.source](self._module, *args, **kwargs)
            return Answer("returned", codec.roundtrip(result), seconds=time.perf_counter() - start)
        except codec.NotPlainData as error:
            return Answer("refused", text=str(error))
        except Exception as error:
            data = runner.describe_exception(error, str(self._path))
            return Answer("raised", raised=protocol.raised_from(data))
