"""The site as an application: addresses, the door before them, and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from d2l_kit.errors import KitError, UsageError
from d2l_kit.gradebook.serve import acts, looks
from d2l_kit.gradebook.serve.desk import Desk, Missing, Site, address
from d2l_kit.gradebook.serve.fields import BadInput, Form
from d2l_kit.gradebook.serve.guard import HEADERS, IDLE_HOURS, Guard, Session
from d2l_kit.report.page import STYLE

MOST_BYTES = 200_000  # of a form
FORM = "application/x-www-form-urlencoded"
OWN_STYLE = "serve/style.css"
LOOKS: Mapping[str, Callable[[Desk], str]] = {
    "/": looks.students,
    "/student": looks.student,
    "/report": looks.report,
    "/feedback": looks.seen_by_student,
    "/class": looks.class_page,
    "/runs": looks.runs,
    "/run": looks.run,
}
ACTS: Mapping[str, Callable[[Desk, Form], str]] = {
    "/student/adjust": acts.adjust,
    "/student/withdraw": acts.withdraw,
    "/student/comment": acts.comment,
    "/student/excuse": acts.excuse,
    "/student/unexcuse": acts.unexcuse,
    "/student/regrade": acts.regrade,
    "/run/accept": acts.accept,
    "/run/reject": acts.reject,
}

_NO_ENTRY = "You are not let in here"
_NO_ENTRY_WHY = (
    "The address that `d2l-kit gradebook serve` printed lets one browser in, once, and until that browser was not used "
    f"for {IDLE_HOURS} hours."
)
_NO_ENTRY_REMEDY = "Start the command again, and open the address that it prints then."
_FOREIGN = "That is not this site's name"
_FOREIGN_WHY = "The request was sent to another host's name."
_FOREIGN_REMEDY = "Open the address that `d2l-kit gradebook serve` printed."
_NOT_OURS = "Nothing was changed"
_NOT_OURS_WHY = "The form did not come from this site, or was opened before the site was started anew."
_NOT_OURS_REMEDY = "Open the page again, and send the form from there."
_TOO_LARGE = "The form is too large."
_NO_FORM = "What was sent is no form."
_NOT_FOUND = "There is no such page"
_UNUSABLE = "That could not be done"
_BROKEN = "Something broke here"
_BROKEN_WHY = "This is a fault of d2l-kit; no score was touched by it. The terminal says more."


def make_app(site: Site, guard: Guard) -> ASGIApp:
    """The whole site."""
    site.pages.globals["link"] = lambda id: address("/student", id=id)
    routes = [
        Route("/style.css", _style(site), methods=["GET"]),
        *(Route(path, _looking(site, guard, look), methods=["GET"]) for path, look in LOOKS.items()),
        *(Route(path, _acting(site, guard, act), methods=["POST"]) for path, act in ACTS.items()),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: _on_http(site), Exception: _on_fault(site)}
    return Door(Starlette(routes=routes, exception_handlers=handlers), site, guard)


class Door:
    """Stands before everything: refuses foreign hosts, and puts the same headers on every answer."""

    def __init__(self, app: ASGIApp, site: Site, guard: Guard) -> None:
        self._app = app
        self._site = site
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        app = self._app
        if not self._guard.is_our_host(Request(scope).headers.get("host", "")):
            app = _message(self._site, 421, _FOREIGN, _FOREIGN_WHY, _FOREIGN_REMEDY)
        await app(scope, receive, with_headers)


def _looking(site: Site, guard: Guard, look: Callable[[Desk], str]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        session = guard.session(request.cookies.get(guard.cookie))
        if request.url.path == "/" and "token" in request.query_params:
            return _entering(site, guard, session, request.query_params["token"])
        if session is None:
            return _message(site, 403, _NO_ENTRY, _NO_ENTRY_WHY, _NO_ENTRY_REMEDY)
        return await run_in_threadpool(_look, site, session, request.query_params, look)

    return answer


def _acting(site: Site, guard: Guard, act: Callable[[Desk, Form], str]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        session = guard.session(request.cookies.get(guard.cookie))
        if session is None:
            return _message(site, 403, _NO_ENTRY, _NO_ENTRY_WHY, _NO_ENTRY_REMEDY)
        typed = await _fields(request)
        if not guard.is_our_form(request.headers, session, typed.get("csrf", "")):
            return _message(site, 403, _NOT_OURS, _NOT_OURS_WHY, _NOT_OURS_REMEDY)
        return await run_in_threadpool(_act, site, session, typed, act)

    return answer


def _entering(site: Site, guard: Guard, session: Session | None, token: str) -> Response:
    """The token is exchanged for a cookie, and leaves the address bar."""
    answer = RedirectResponse("/", 303)
    if session is not None:  # the same address again, in the same browser
        return answer
    secret = guard.enter(token)
    if secret is None:
        return _message(site, 403, _NO_ENTRY, _NO_ENTRY_WHY, _NO_ENTRY_REMEDY)
    answer.set_cookie(guard.cookie, secret, httponly=True, samesite="strict", path="/")
    return answer


def _look(site: Site, session: Session, query: Mapping[str, str], look: Callable[[Desk], str]) -> Response:
    try:
        with site.opened() as opened:
            return _html(look(Desk(site, opened, session, query)))
    except KitError as error:
        return _explained(site, error)


def _act(site: Site, session: Session, typed: Mapping[str, str], act: Callable[[Desk, Form], str]) -> Response:
    once = typed.get("form", "")
    first = session.spend(once)
    try:
        with site.opened() as opened:
            desk = Desk(site, opened, session, {})
            if not first:
                id, number = typed.get("id", ""), typed.get("run", "")
                where = address("/student", id=id, done="already") if id else address("/run", number=number)
                return RedirectResponse(where, 303)
            try:
                return RedirectResponse(act(desk, Form(typed)), 303)
            except BadInput as problem:
                session.unspend(once)
                if "id" not in typed:
                    return _message(site, 409, _NOT_OURS, *problem.problems.values())
                return _html(looks.student(desk, typed, problem.problems), 422)
    except KitError as error:
        session.unspend(once)
        return _explained(site, error)


async def _fields(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise HTTPException(415, _NO_FORM)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, _TOO_LARGE)
    try:
        pairs = parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise HTTPException(400, _NO_FORM) from None
    return dict(pairs)


def _style(site: Site) -> Callable[[Request], Any]:
    assert site.pages.loader is not None
    text = "\n".join(site.pages.loader.get_source(site.pages, name)[0] for name in (STYLE, OWN_STYLE))

    async def answer(request: Request) -> Response:
        return Response(text, media_type="text/css")

    return answer


def _explained(site: Site, error: KitError) -> Response:
    status = 404 if isinstance(error, Missing) else 400 if isinstance(error, UsageError) else 503
    return _message(site, status, _NOT_FOUND if status == 404 else _UNUSABLE, error.message, error.remedy)


def _on_http(site: Site) -> Callable[[Request, HTTPException], Any]:
    async def answer(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return _message(site, 404, _NOT_FOUND, "", "")
        return _message(site, error.status_code, _UNUSABLE, error.detail, "")

    return answer


def _on_fault(site: Site) -> Callable[[Request, Exception], Any]:
    async def answer(request: Request, error: Exception) -> Response:
        return _message(site, 500, _BROKEN, _BROKEN_WHY, "")

    return answer


def _message(site: Site, status: int, title: str, why: str, remedy: str = "") -> Response:
    """A page without anything of the gradebook."""
    return _html(site.page("serve/message.html.j2", site=None, heading=title, why=why, remedy=remedy), status)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), status)
