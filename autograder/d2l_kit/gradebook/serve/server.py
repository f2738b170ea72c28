"""The socket on loopback, the address that is printed, and the end at Ctrl-C."""

from __future__ import annotations

import os
import socket
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec

from d2l_kit.errors import MachineError, UsageError
from d2l_kit.gradebook.serve.guard import LOOPBACK, Guard

_MISSING = "`gradebook serve` needs {name}, which is not installed."
_MISSING_REMEDY = 'pip install "d2l-kit[instructor]"'
_NOT_LOOPBACK = "--host {host}: the gradebook is served on this machine alone, at 127.0.0.1 or ::1."
_NOT_LOOPBACK_REMEDY = "From another machine: ssh -L {port}:127.0.0.1:{port} HOST, with --port {port} there."
_EXAMPLE_PORT = 8765
_NO_PORT = "Cannot listen on {host}, port {port}: {reason}."
_NO_PORT_REMEDY = "Leave out --port: then a free one is taken."
_GRACE_S = 3  # for requests that are being answered when the end comes


def demand_packages() -> None:
    """See that what serves is installed.

    Raises:
        MachineError: It is not.
    """
    for name in ("starlette", "uvicorn"):
        if find_spec(name) is None:
            raise MachineError(_MISSING.format(name=name), _MISSING_REMEDY)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on loopback.

    Raises:
        UsageError: The host is another one, or the port cannot be had.
    """
    if host not in LOOPBACK:
        raise UsageError(_NOT_LOOPBACK.format(host=host), _NOT_LOOPBACK_REMEDY.format(port=port or _EXAMPLE_PORT))
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let another process listen on the same port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        reason = error.strerror or type(error).__name__
        raise UsageError(_NO_PORT.format(host=host, port=port, reason=reason), _NO_PORT_REMEDY) from error
    return found


def address_of(sock: socket.socket, guard: Guard) -> str:
    """What to open in a browser, token and all."""
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={guard.token}"


def run(app: Callable[..., object], sock: socket.socket) -> None:
    """Answer until Ctrl-C or SIGTERM."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    try:
        uvicorn.Server(config).run(sockets=[sock])
    except KeyboardInterrupt:  # uvicorn passes the signal on when it has ended
        pass
    finally:
        sock.close()


def open_browser(url: str) -> bool:
    """Show the address in the default browser; whether there is one."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
