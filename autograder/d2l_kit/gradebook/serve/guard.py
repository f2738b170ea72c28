"""Who may come in: a token that works once, a session, and what every request and every answer must carry.

The site listens on loopback, where every page that a browser has open and every account of the machine can reach it.
The token keeps other accounts out. The Host header must be ours, else a name that an attacker points at 127.0.0.1
(DNS rebinding) would make a foreign page of the same origin. A change must come from a form of ours: the session's
CSRF token stands in it, and the browser must say that the form was on this site.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LOOPBACK = ("127.0.0.1", "::1")
IDLE_HOURS = 8  # a browser that was left open overnight is a stranger in the morning
COOKIE = "d2l-kit-{port}"  # browsers share cookies among the ports of a host
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class Session:
    """One browser that has shown the token.

    Attributes:
        seen: When it last asked for something, by the guard's clock.
        csrf: Stands in each form.
    """

    seen: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _used: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, form: str) -> bool:
        """Whether this form is sent for the first time: a double click must not give points twice."""
        with self._lock:
            first = form not in self._used
            self._used.add(form)
            return first

    def unspend(self, form: str) -> None:
        """Nothing came of that form; it may be sent again."""
        with self._lock:
            self._used.discard(form)


class Guard:
    """The door of one site.

    Attributes:
        token: For the address that is printed; worth nothing once it was used.
    """

    def __init__(self, port: int, clock: Callable[[], float] = time.time) -> None:
        # Not a monotonic clock: on some machines that stands still while the machine sleeps.
        self.token = secrets.token_urlsafe(32)
        self.cookie = COOKIE.format(port=port)
        self._port = port
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._spent = False
        self._lock = threading.Lock()

    def enter(self, token: str) -> str | None:
        """A new session's secret in exchange for the token; None if it is wrong or was used."""
        with self._lock:
            if self._spent or not _same(token, self.token):
                return None
            self._spent = True
            secret = secrets.token_urlsafe(32)
            self._sessions[secret] = Session(self._clock())
            return secret

    def session(self, secret: str | None) -> Session | None:
        """The session of that secret, unless it was left alone for too long."""
        with self._lock:
            now = self._clock()
            live = {known: one for known, one in self._sessions.items() if now - one.seen < IDLE_HOURS * 3600}
            self._sessions = live
            found = next((one for known, one in live.items() if _same(secret or "", known)), None)
            if found is not None:
                found.seen = now
            return found

    def is_our_host(self, host: str) -> bool:
        """Whether a Host header names this site."""
        return host in {f"{name}:{self._port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    def is_our_form(self, headers: Mapping[str, str], session: Session, csrf: str) -> bool:
        """Whether a change was asked for by a form of this site, in this session.

        Where a page sends no referrer, browsers send the Origin "null" with its forms; then Sec-Fetch-Site must say it.
        """
        origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
        if site not in ("", "same-origin") or not _same(csrf, session.csrf):
            return False
        if origin in ("", "null"):
            return site == "same-origin"
        return origin == f"http://{headers.get('host', '')}"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
