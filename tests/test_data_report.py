"""A check asks for data, gets the real set or its default, and the report says which."""

from __future__ import annotations

import pytest
from d2l_course.data import _fashion, _store
from d2l_kit.errors import AuthorError, MachineError
from d2l_kit.report.serial import from_json, to_json
from d2l_kit.report.view import student_view
from data_samples import NAMES, make_files, small_set
from engine_course import Case, judge_all, result, write_chapter

COUNT = {
    "points": 3,
    "stub": "def count(y):\n    raise NotImplementedError\n",
    "solution": "def count(y):\n    return y.bincount()\n",
    "public": '''def test_kinds(submission, data):
    """Every kind of image is counted."""
    images = data.fashion_mnist()
    assert_shape(submission.count(images.train_labels), (10,))


def test_sum(submission, data):
    """All images are counted."""
    labels = data.fashion_mnist().test_labels
    assert_equal(int(submission.count(labels).sum()), len(labels))
''',
}
PLAIN = {
    "points": 3,
    "stub": "def plain(y):\n    raise NotImplementedError\n",
    "solution": "def plain(y):\n    return y.bincount()\n",
    "public": '''def test_kinds(submission, data):
    """Every digit is counted."""
    assert_shape(submission.plain(data.digits().train_labels), (10,))
''',
}
ODD = {
    "points": 3,
    "stub": "def odd(y):\n    raise NotImplementedError\n",
    "solution": "def odd(y):\n    return y\n",
    "public": '''def test_odd(submission, data):
    """There is no such data set."""
    submission.odd(data.cifar())
''',
}
CASES = {name: Case(name, parts["solution"]) for name, parts in (("count", COUNT), ("plain", PLAIN), ("odd", ODD))}


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter whose checks use data; the real set is small, and not fetched."""
    monkeypatch.setenv("D2L_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(_fashion, "FASHION_MNIST", small_set(make_files(tmp_path / "published")))
    return write_chapter(tmp_path, {"count": COUNT, "plain": PLAIN, "odd": ODD})


def judged(chapter, *names):
    return judge_all(chapter, {name: CASES[name] for name in names})


def test_the_report_says_once_that_the_default_was_used_and_the_student_sees_it(chapter):
    found = judged(chapter, "count", "plain")
    told = (f"data: fashion_mnist is {_fashion.DEFAULT}",)
    assert result(found, "count").notes == told
    assert result(found, "count").earned == 3
    assert from_json(to_json(found["count"])) == found["count"]
    assert student_view(found["count"]).exercises[0].notes == told


def test_of_data_that_ship_whole_there_is_nothing_to_tell(chapter):
    assert result(judged(chapter, "count", "plain"), "plain").notes == ()


def test_once_fetched_the_real_set_is_what_checks_get_and_what_the_report_says(chapter, tmp_path):
    _store.get(_fashion.FASHION_MNIST, tmp_path / "published", False, lambda *progress: None)
    counted = result(judged(chapter, "count"), "count")
    assert counted.notes == (f"data: fashion_mnist is {_fashion.REAL}",)
    assert counted.earned == 3


def test_a_damaged_file_is_the_machines_failure_and_nobody_earns_less_for_it(chapter, tmp_path):
    _store.get(_fashion.FASHION_MNIST, tmp_path / "published", False, lambda *progress: None)
    path = _store.folder_of(_fashion.FASHION_MNIST) / f"{NAMES[0]}.gz"
    path.write_bytes(path.read_bytes()[:-1])
    error = judged(chapter, "count")["count"]
    assert isinstance(error, MachineError)
    assert str(path) in error.message and "cut short" in error.message


def test_a_data_set_that_does_not_exist_is_the_authors_failure(chapter):
    error = judged(chapter, "odd")["odd"]
    assert isinstance(error, AuthorError)
    assert "'cifar'" in error.message and "digits, fashion_mnist" in error.remedy
