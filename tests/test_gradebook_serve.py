"""The gradebook in a browser: who is let in, what forms change, and that students' text stays text."""

from __future__ import annotations

import html
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from d2l_kit.catalog import Course
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import HandIn, State, Student
from d2l_kit.gradebook.serve import server
from d2l_kit.gradebook.serve.app import make_app
from d2l_kit.gradebook.serve.code import find_code
from d2l_kit.gradebook.serve.desk import Site
from d2l_kit.gradebook.serve.fields import BadInput, Form
from d2l_kit.gradebook.serve.guard import IDLE_HOURS, Guard
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.store import ReportFolder
from d2l_kit.plugins import load_course
from d2l_kit.report.model import CheckResult, Location, Status, Visibility
from d2l_kit.report.page import html_pages
from pages_samples import ASSIGNMENT, DUE, hostile_standing
from reports_samples import SECRET, all_passed, partial

testclient = pytest.importorskip("starlette.testclient", reason="needs starlette")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
OURS = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
HOSTILE = hostile_standing()[0].student.id
ROSTER = (
    Student("ada", "Ada Lovelace", "ada@uni.example", "Group 1"),
    Student("jose", "José Müller", "jm@uni.example", "Group 2"),
    Student("noa", "Noa Nobody", section="Group 2"),
    Student("evil", HOSTILE, section="Group 1"),
)
CODE = "def corr2d(X, K):\n    return '<script>alert(3)</script>'\n"


@dataclass(frozen=True)
class Case:
    """In the same assignment as the tests' other pages."""

    store: Gradebook
    name: str = "hw2"
    assignment: Any = ASSIGNMENT
    roster: tuple[Student, ...] = ROSTER


@dataclass(frozen=True)
class Live:
    """A site with a class: the file, its door, and a browser that is let in."""

    place: Path
    guard: Guard
    app: Any
    client: Any

    @property
    def store(self) -> Gradebook:
        return Gradebook.open(self.place)

    def form(self, action: str, at: str = "/student?id=ada") -> dict[str, str]:
        """The hidden fields of a form on a page, as a browser would send them."""
        text = self.client.get(at).text
        [form] = re.findall(rf'<form [^>]*action="{action}">(.*?)</form>', text, re.DOTALL)
        found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
        return {name: html.unescape(value) for name, value in found}

    def send(self, action: str, at: str = "/student?id=ada", **typed: str) -> Any:
        return self.client.post(action, data=self.form(action, at) | typed, headers=OURS)


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "gradebook.sqlite"
    located = CheckResult(
        "located", "Line two.", Visibility.PUBLIC, Status.RAISED, location=Location("ch07/corr2d.py", 2)
    )
    ada = partial()
    ada = replace(ada, exercises=tuple(replace(e, checks=(*e.checks, located)) for e in ada.exercises))
    with Gradebook.open(path, create=True) as store:
        run = store.begin_run("hw2", "grade class --assignment hw2")
        for name, report in (("ada", ada), ("jose", all_passed()), ("evil", hostile_standing()[1])):
            report = replace(report, submission=name, student=name, digest=name)
            store.put(run, "hw2", HandIn(name, name, at=DUE), report)
        store.end_run(run)
    return path


@pytest.fixture
def live(place: Path, tmp_path: Path, course: Course) -> Iterator[Live]:
    (tmp_path / "class" / "ada" / "ch07").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "ch07" / "corr2d.py").write_text(CODE, encoding="utf-8")
    guard = Guard(PORT)
    app = make_app(_site(place, course, (tmp_path / "class",)), guard)
    with testclient.TestClient(app, base_url=BASE) as client:
        assert client.get(f"/?token={guard.token}").status_code == 200
        yield Live(place, guard, app, client)


def _site(place: Path, course: Course, classes: tuple[Path, ...] = ()) -> Site:
    @contextmanager
    def opened() -> Iterator[Case]:
        with Gradebook.open(place) as store:
            yield Case(store)

    return Site(opened, html_pages(), course, "prof", classes)


def test_the_token_lets_one_browser_in_once_and_leaves_the_address(live: Live) -> None:
    guard = Guard(PORT)
    app = make_app(_site(live.place, Course((), ())), guard)
    client = testclient.TestClient(app, base_url=BASE, follow_redirects=False)
    answer = client.get(f"/?token={guard.token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert client.get("/").status_code == 200
    another = testclient.TestClient(app, base_url=BASE)
    assert another.get(f"/?token={guard.token}").status_code == 403


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/student?id=ada", "/report?number=1", "/class", "/runs"])
def test_nobody_else_sees_anything(live: Live, path: str) -> None:
    answer = testclient.TestClient(live.app, base_url=BASE).get(path)
    assert answer.status_code == 403
    assert "Lovelace" not in answer.text
    assert "hw2" not in answer.text


def test_a_session_ends_when_it_was_not_used_for_long(live: Live) -> None:
    now = [0.0]
    guard = Guard(PORT, clock=lambda: now[0])
    client = testclient.TestClient(make_app(_site(live.place, Course((), ())), guard), base_url=BASE)
    client.get(f"/?token={guard.token}")
    for _ in range(3):
        now[0] += IDLE_HOURS * 3600 - 1
        assert client.get("/").status_code == 200
    now[0] += IDLE_HOURS * 3600
    answer = client.get("/")
    assert answer.status_code == 403
    assert f"not used for {IDLE_HOURS} hours" in answer.text
    assert client.get(f"/?token={guard.token}").status_code == 403


def test_a_template_of_ones_own_that_breaks_is_named_and_the_site_goes_on(live: Live, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "serve").mkdir(parents=True)
    (own / "serve" / "runs.html.j2").write_text("{{ nothing.there }}", encoding="utf-8")
    site = replace(_site(live.place, Course((), ())), pages=html_pages(own), templates=own)
    guard = Guard(PORT)
    client = testclient.TestClient(make_app(site, guard), base_url=BASE)
    client.get(f"/?token={guard.token}")
    answer = client.get("/runs")
    assert answer.status_code == 400
    assert "The template serve/runs.html.j2 cannot be used" in answer.text
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", ""])
def test_another_hosts_name_is_refused(live: Live, host: str) -> None:
    assert live.client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("path", ["/", "/student?id=ada", "/nowhere", "/style.css", "/student?id=nobody"])
def test_every_answer_carries_the_policy(live: Live, path: str) -> None:
    headers = live.client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "typed"),
    [
        (OURS, {"csrf": "wrong"}),
        (OURS, {"csrf": ""}),
        ({"Origin": "http://evil.example"}, {}),
        ({"Origin": "null"}, {}),
        ({}, {}),
        (OURS | {"Sec-Fetch-Site": "cross-site"}, {}),
        (OURS | {"Sec-Fetch-Site": "same-site"}, {}),
    ],
)
def test_a_foreign_form_changes_nothing(live: Live, headers: dict[str, str], typed: dict[str, str]) -> None:
    data = live.form("/student/adjust") | {"points": "5", "reason": "x", "exercise": ""} | typed
    assert live.client.post("/student/adjust", data=data, headers=headers).status_code == 403
    assert live.store.adjustments("hw2") == ()


def test_a_form_from_a_page_without_referrer_is_ours_if_the_browser_says_so(live: Live) -> None:
    data = live.form("/student/comment") | {"text": "Well done.", "exercise": ""}
    answer = live.client.post("/student/comment", data=data, headers=OURS | {"Origin": "null"})
    assert answer.status_code == 200
    assert "Well done." in answer.text


def test_what_is_no_form_or_too_large_is_refused(live: Live) -> None:
    assert live.client.post("/student/adjust", json={}, headers=OURS).status_code == 415
    assert live.client.post("/student/comment", data={"text": "x" * 300_000}, headers=OURS).status_code == 413
    assert live.client.get("/student/adjust").status_code == 405


def test_points_are_adjusted_and_withdrawn(live: Live) -> None:
    answer = live.send("/student/adjust", points="−1,5", reason="No docstring.", exercise="ch07/corr2d")
    assert "The points are adjusted." in answer.text
    assert "No docstring." in answer.text
    [kept] = live.store.adjustments("hw2", "ada")
    assert (kept.points, kept.exercise, kept.who, kept.basis) == (Fraction(-3, 2), "ch07/corr2d", "prof", 1)
    answer = live.send("/student/withdraw")
    assert "is withdrawn" in answer.text
    assert live.store.adjustments("hw2", "ada")[0].withdrawn


def test_a_form_that_is_sent_twice_counts_once(live: Live) -> None:
    data = live.form("/student/adjust") | {"points": "1", "reason": "x", "exercise": ""}
    for _ in range(2):
        assert live.client.post("/student/adjust", data=data, headers=OURS).status_code == 200
    assert len(live.store.adjustments("hw2")) == 1


def test_wrong_input_is_explained_and_kept(live: Live) -> None:
    answer = live.send("/student/adjust", points="lots", reason='"><b>so', exercise="ch07/pool2d")
    assert answer.status_code == 422
    assert "Write a number of points, such as +2" in answer.text
    assert 'value="lots"' in answer.text
    assert "&gt;&lt;b&gt;so" in answer.text
    assert '<option value="ch07/pool2d" selected>' in answer.text
    assert "Say why" in live.send("/student/adjust", points="1", reason="  ", exercise="").text
    assert "Choose the whole" in live.send("/student/adjust", points="1", reason="x", exercise="ch99/x").text
    assert "Write something" in live.send("/student/comment", text=" ", exercise="").text
    assert live.store.adjustments("hw2") == ()


def test_points_that_moved_meanwhile_are_looked_at_again(live: Live) -> None:
    answer = live.send("/student/adjust", points="1", reason="x", exercise="", basis="999")
    assert answer.status_code == 422
    assert "changed while this page was open" in answer.text


def test_a_student_is_commented_excused_and_asked_a_regrade_for(live: Live) -> None:
    assert "See me." in live.send("/student/comment", text="See me.\r\nSoon.", exercise="").text
    assert live.store.comments("hw2", "ada")[0].text == "See me.\nSoon."
    assert "is excused" in live.send("/student/excuse", excuse="illness").text
    assert live.store.excused("hw2") == {"ada": "illness"}
    assert "no longer excused" in live.send("/student/unexcuse").text
    assert live.store.excused("hw2") == {}
    answer = live.send("/student/regrade", note="timed out by chance")
    assert "--only ada --force" in html.unescape(answer.text)
    assert live.store.asked("hw2")[0].submission == "ada"


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_proposed_run_is_shown_before_it_is_decided(live: Live, decision: str) -> None:
    with live.store as store:
        before = store.newest("hw2")["ada"].earned
        run = store.begin_run("hw2", "grade again")
        better = replace(all_passed(), submission="ada", student="ada", digest="again")
        store.put(run, "hw2", HandIn("ada", "ada", at=DUE), better, State.PROPOSED)
    assert f"Run {run} waits for a decision" in live.client.get("/").text
    at = f"/run?number={run}"
    assert "ada" in live.client.get(at).text
    answer = live.send(f"/run/{decision}", at)
    assert f"proposed is {decision}ed" in answer.text
    assert live.store.newest("hw2")["ada"].earned == (better.earned if decision == "accept" else before)
    [decided] = live.store.stored("hw2", run=run)
    assert decided.decided_by == "prof"
    assert "Your decision" not in live.client.get(at).text


def test_report_files_follow_a_decision_in_the_browser(live: Live) -> None:
    folder = live.place.parent / "reports"
    folder.mkdir()
    with live.store as store:
        run = store.begin_run("hw2", "grade again")
        better = replace(all_passed(), submission="ada", student="ada", digest="again")
        store.put(run, "hw2", HandIn("ada", "ada", at=DUE), better, State.PROPOSED)
    live.send("/run/accept", f"/run?number={run}")
    kept = ReportFolder(folder).standing("ada")
    assert kept is not None and kept.digest == "again"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=lovelace", {"ada"}),
        ("q=jose+muller", {"jose"}),
        ("section=Group+2", {"jose", "noa"}),
        ("show=missing", {"noa"}),
        ("q=zzz", set()),
        ("q=uni.example&section=Group+1", {"ada"}),
    ],
)
def test_students_are_found(live: Live, query: str, found: set[str]) -> None:
    text = live.client.get(f"/?{query}").text
    assert set(re.findall(r'<th scope="row"><a href="/student\?id=(\w+)"', text)) == found


def test_a_report_stands_beside_the_code_with_what_only_the_instructor_sees(live: Live) -> None:
    text = live.client.get("/report?number=1").text
    assert SECRET in text
    assert "def corr2d(X, K):" in text
    assert "&lt;script&gt;alert(3)" in text
    assert '<tr class="marked"><td class="at">2<' in text
    assert SECRET not in live.client.get("/feedback?id=ada").text


def test_without_the_class_the_page_says_how_to_see_code(live: Live) -> None:
    [stored] = live.store.stored("hw2", student="ada")
    assert "--class CLASS" in find_code((), (), "hw2", stored).why


def test_code_that_changed_since_says_so(live: Live, tmp_path: Path, course: Course) -> None:
    [stored] = live.store.stored("hw2", student="ada")
    found = find_code((tmp_path / "class",), [course.by_id["ch07/corr2d"]], "hw2", replace(stored, content="other"))
    assert "changed since" in found.notes[0]
    gone = find_code((tmp_path / "class",), [], "hw2", replace(stored, hand_in=HandIn("x", "x")))
    assert "no submission x" in gone.why


@pytest.mark.parametrize("path", ["/", "/student?id=evil", "/report?number=3", "/feedback?id=evil", "/class", "/runs"])
def test_students_text_stays_text(live: Live, path: str) -> None:
    answer = live.client.get(path)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "style=" not in answer.text
    assert not set("\u202e\u202d\u2066\x1b\x00") & set(answer.text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/student?id=x", 404),
        ("/report?number=77", 404),
        ("/report?number=x", 404),
        ("/run?number=9", 404),
        ("/x", 404),
    ],
)
def test_what_is_not_there_is_said(live: Live, path: str, status: int) -> None:
    answer = live.client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_points_are_exact_and_bounded() -> None:
    assert Form({"p": " 7/3 "}).points("p") == Fraction(7, 3)
    for text in ("", "0", "1e9", "1/0", "9" * 40, "nan", "٣", "1_0", "--1"):
        form = Form({"p": text})
        form.points("p")
        with pytest.raises(BadInput):
            form.demand()


def test_only_loopback_is_listened_on() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4", "example.org"):
        with pytest.raises(UsageError, match="this machine alone"):
            server.listen(host, 0)
    with server.listen("127.0.0.1", 0) as sock:
        guard = Guard(sock.getsockname()[1])
        assert server.address_of(sock, guard).endswith(f"/?token={guard.token}")
        with pytest.raises(UsageError, match="Cannot listen"):
            server.listen("127.0.0.1", sock.getsockname()[1])


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    """Where the visible elements lie."""
    return [box for each in page.locator(selector).all() if (box := each.bounding_box()) is not None]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_an_instructor_works_in_a_browser(place: Path, course: Course, width: int) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    uvicorn = pytest.importorskip("uvicorn", reason="needs uvicorn")
    chromium = os.environ.get("D2L_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium")
    sock = server.listen("127.0.0.1", 0)
    guard = Guard(sock.getsockname()[1])
    running = uvicorn.Server(
        uvicorn.Config(make_app(_site(place, course), guard), log_level="error", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    heard: list[str] = []
    try:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.goto(server.address_of(sock, guard))
            assert "token" not in page.url
            page.get_by_label("Search").fill("lovelace")
            page.get_by_role("button", name="Search").click()
            assert page.locator("table.people tbody tr").count() == 1
            page.get_by_role("link", name="Ada Lovelace").click()
            before = page.locator(".score").inner_text()
            page.get_by_label("Points such as").fill("+2")
            page.get_by_label("Reason the student").fill("A good idea.")
            page.get_by_role("button", name="Adjust").click()
            assert page.get_by_role("status").inner_text() == "The points are adjusted."
            assert page.locator(".score").inner_text() != before
            assert page.get_by_text("A good idea.").first.is_visible()
            for path in (
                "/",
                "/student?id=ada",
                "/student?id=evil",
                "/report?number=1",
                "/report?number=3",
                "/runs",
                "/class",
            ):
                page.goto(f"http://127.0.0.1:{sock.getsockname()[1]}{quote(path, safe='/?=')}")
                for summary in page.locator("summary").all():
                    summary.click()
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert min([box["width"] for box in boxes(page, "table.rows tbody th")], default=width) >= 150, path
            browser.close()
    finally:
        running.should_exit = True
        thread.join(10)
    assert heard == []
