"""A worker's own loop: load the student's module, run probes next to it, send plain data back.

Everything here shares a process with the student's code, which can read and change all of it. That is fine: what
leaves is data, and the grader decides. What the student's code must not find is a secret, and there is none: probes
and arguments arrive one request at a time, expectations never.
"""

from __future__ import annotations

import builtins
import json
import linecache
import os
import random
import struct
import sys
import types
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from d2l_kit.worker import protocol

_EXCEPTIONS = frozenset(
    value for value in vars(builtins).values() if isinstance(value, type) and issubclass(value, BaseException)
)
MAX_REQUEST = 1 << 31


class Channel:
    """Messages over two file descriptors (the same one for a socket)."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd

    def receive(self) -> tuple[dict[str, Any], memoryview, memoryview] | None:
        """The next message's meta, value header and frames; None when the grader has gone."""
        prefix = self._read(protocol.PREFIX.size)
        if prefix is None:
            return None
        header_size, body_size = protocol.sizes(bytes(prefix), MAX_REQUEST)
        header, body = self._read(header_size), self._read(body_size)
        if header is None or body is None:
            return None
        meta, value_header = protocol.split_header(header)
        return meta, value_header, body

    def send(self, meta: Mapping[str, Any], payload: tuple[bytes, list[memoryview]] | None = None) -> None:
        """Write one message whole."""
        for buffer in protocol.message(meta, payload):
            view = memoryview(buffer)
            while view.nbytes:
                view = view[os.write(self._write_fd, view) :]

    def _read(self, size: int) -> memoryview | None:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while view.nbytes:
            data = os.read(self._read_fd, min(view.nbytes, 1 << 20))
            if not data:
                return None
            view[: len(data)] = data
            view = view[len(data) :]
        return memoryview(buffer)


def serve(channel: Channel, confinement: Mapping[str, Any]) -> None:
    """Say what this worker is locked into, then answer requests until the grader closes the channel."""
    from d2l_kit.worker import codec  # torch: after the confinement, in a worker that was spawned

    student = _Student(codec)  # before the greeting: what fails up to there is ours, never the submission's
    channel.send({"id": "hello", "confinement": confinement})
    while (received := channel.receive()) is not None:
        meta, value_header, body = received
        if meta["op"] == "load":
            outcome = _guarded(student, partial(student.load, meta), in_import=True)
        else:
            arguments = codec.decode(value_header, body, grad=True)
            outcome = _guarded(student, partial(student.run, meta, arguments))
        reply, payload = _payload(codec, outcome)
        _flush()
        channel.send({"id": meta["id"], **reply}, payload)


class _Student:
    """The loaded module and the probes compiled so far."""

    def __init__(self, codec: types.ModuleType) -> None:
        import numpy as np
        import torch

        self.module: types.ModuleType | None = None
        self.file = ""
        self._probes: dict[str, Callable[..., Any]] = {}
        self._seeders = (random.seed, np.random.seed, torch.manual_seed)
        self._names = probe_names()

    def load(self, meta: Mapping[str, Any]) -> None:
        """Run the student's source as a module named after the exercise."""
        for name, source in meta["companions"].items():
            with open(f"{name}.py", "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib may be patched already
                file.write(source)
        if meta["companions"]:
            sys.path.append(os.getcwd())  # noqa: PTH109
        self._seed(meta["seed"])
        self.file = meta["file"]
        self.module = load_module(meta["module"], meta["source"], meta["file"])

    def run(self, meta: Mapping[str, Any], arguments: Any) -> Any:
        """Run one probe with the module as its first argument."""
        probe = self._probes.get(meta["probe"])
        if probe is None:
            probe = compile_probe(meta["probe"], meta["name"], dict(self._names))
            self._probes[meta["probe"]] = probe
        args, kwargs = arguments
        self._seed(meta["seed"])
        return probe(self.module, *args, **kwargs)

    def _seed(self, seed: int) -> None:
        for seeder in self._seeders:
            seeder(seed)


def load_module(name: str, source: str, file: str) -> types.ModuleType:
    """Run source text as a new module, registered so that dataclasses and pickling in it work."""
    module = types.ModuleType(name)
    module.__file__ = file
    # A notebook's `display(x)` is harmless where there is no notebook.
    module.__dict__["display"] = lambda *_args, **_kwargs: None
    sys.modules[name] = module
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    return module


def probe_names() -> dict[str, Any]:
    """The names a probe may use besides its arguments, its own imports and the builtins."""
    import math

    import numpy as np
    import torch

    return {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np, "math": math}


def compile_probe(source: str, name: str, names: dict[str, Any]) -> Callable[..., Any]:
    """The probe function of its source text, in a namespace that holds nothing but `names`."""
    names["__name__"] = "d2l_kit_probe"
    exec(compile(source, f"<probe {name}>", "exec", dont_inherit=True), names)
    function: Callable[..., Any] = names[name]
    return function


def describe_exception(error: BaseException, file: str, in_import: bool = False) -> dict[str, Any]:
    """An exception as text: its type, message, and the frames that lie in the student's file."""
    lines: list[tuple[int, str, str]] = []
    if isinstance(error, SyntaxError):
        lines.append((error.lineno or 0, "", (error.text or "").strip()))
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == file:
            text = linecache.getline(file, traceback.tb_lineno).strip()
            lines.append((traceback.tb_lineno, code.co_name, text))
        traceback = traceback.tb_next
    half = protocol.MAX_TRACE // 2
    if len(lines) > protocol.MAX_TRACE:
        lines = lines[:half] + lines[-half:]
    try:
        text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    except BaseException:  # the student's own __str__
        text = "(its text cannot be shown)"
    bases = [c.__name__ for c in type(error).__mro__ if c in _EXCEPTIONS]
    return {
        "kind": type(error).__name__,
        "bases": bases,
        "message": text[: protocol.MAX_TEXT],
        "lines": lines,
        "in_import": in_import,
    }


def _guarded(student: _Student, action: Callable[[], Any], in_import: bool = False) -> tuple[str, Any]:
    try:
        return "returned", action()
    except SystemExit as error:
        return "exited", str(error.code)[:100]
    except BaseException as error:  # KeyboardInterrupt and the student's own BaseException included
        return "raised", describe_exception(error, student.file, in_import)


def _payload(
    codec: types.ModuleType, outcome: tuple[str, Any]
) -> tuple[dict[str, Any], tuple[bytes, list[memoryview]] | None]:
    word, content = outcome
    if word == "exited":
        return {"outcome": word, "text": content}, None
    if word == "raised":
        return {"outcome": word, "raised": content}, None
    try:
        return {"outcome": word}, codec.encode(content)
    except codec.NotPlainData as error:
        return {"outcome": "refused", "text": str(error)}, None
    except BaseException as error:  # out of memory while encoding, or the student's patches at work
        return {"outcome": "raised", "raised": describe_exception(error, "")}, None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed or replaced by the student: nothing of ours is lost
            continue


def _main() -> None:
    """A worker that was spawned (macOS, Windows): requests on stdin, answers on stdout, prints on stderr."""
    (length,) = struct.unpack("!I", os.read(0, 4))
    config = json.loads(os.read(0, length))
    reader, writer = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    from d2l_kit.worker import confinement

    zygote = confinement.enter(confinement.Plan(confinement.Level.parse(config["level"]), (), ()))
    limits = confinement.WorkerLimits(**config["limits"])
    held = zygote.confine(limits, slot=0)
    serve(Channel(reader, writer), held.as_dict())


if __name__ == "__main__":
    _main()
