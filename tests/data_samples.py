"""A real data set small enough for tests, the files of it, and a server on this machine that hands them out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import torch
from d2l_course.data import idx
from d2l_course.data._fashion import SIDE, real_set
from d2l_course.data._store import RealSet

COUNTS = (30, 20)
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def make_files(folder: Path, packed: bool = True) -> Path:
    """Write the four files; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for start, count in ((0, COUNTS[0]), (2, COUNTS[1])):
        labels = (torch.arange(count) % 10).byte()
        images = torch.arange(count * SIDE * SIDE).remainder(251).byte().reshape(count, SIDE, SIDE)
        for name, numbers in ((NAMES[start], images), (NAMES[start + 1], labels)):
            idx.write(folder / (f"{name}.gz" if packed else name), numbers)
    return folder


def small_set(folder: Path, *mirrors: str) -> RealSet:
    """The set whose published files are those in `folder`."""
    sums = {}
    for name in NAMES:
        raw = (folder / f"{name}.gz").read_bytes()
        sums[name] = (len(raw), hashlib.sha256(raw).hexdigest())
    return real_set("fashion_mnist", sums, COUNTS, mirrors)


@contextmanager
def serving(files: dict[str, bytes], promised: int = 0) -> Iterator[tuple[str, list[str]]]:
    """A server that has these files; gives its address and the names that it was asked for.

    Args:
        files: What it answers, by name.
        promised: How many bytes more than it sends it says there are.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            asked.append(name)
            if name not in files:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(files[name]) + promised))
            self.end_headers()
            self.wfile.write(files[name])

        def log_message(self, *args: object) -> None:
            """Nothing is said: the test's own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
