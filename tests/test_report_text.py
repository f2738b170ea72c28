"""Students' text is made safe without losing what it says."""

from __future__ import annotations

import unicodedata

import pytest
from d2l_kit.report.text import (
    columns,
    cut,
    encodable,
    excerpt,
    fit,
    one_line,
    pad,
    visible,
    without_surrogates,
)
from hypothesis import given
from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve 😀 深層\n\tend", "naïve 😀 深層\n\tend"),
        ("a\r\nb\rc", "a\nb\\rc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
        ("\x1b[\x1b[31m31mnested", "\\x1b[31mnested"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m \x85 \x7f \x00", "\\x9b31m \\x85 \\x7f \\x00"),
        ("\u202eabc\u2069", "\\u202eabc\\u2069"),
        ("\udc80 \ufffe \ufeff \u2028", "\\udc80 \\ufffe \\ufeff \\u2028"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_is_unsafe_becomes_a_visible_escape_and_the_rest_stays(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY_TEXT)
def test_visible_text_holds_no_control_no_bidi_mark_and_no_surrogate(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not set(shown) & set(BIDI)
    assert visible(shown) == shown
    shown.encode("utf-8")


@given(ANY_TEXT, st.integers(3, 40))
def test_fitted_text_takes_no_more_columns_than_there_are(text: str, width: int) -> None:
    assert columns(fit(one_line(text), width)) <= width


def test_wide_characters_take_two_columns_and_combining_marks_none() -> None:
    assert columns("深層") == 4
    assert columns("e\u0301") == 1
    assert fit("深層学習", 7) == "深層..."
    assert pad("深", 4) == "深  "
    assert pad("7", 3, right=True) == "  7"


def test_a_cut_says_how_much_is_left_out() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefgh", 6) == "abcdef [... 2 more characters]"


def test_ten_million_nuls_are_cut_before_they_are_escaped() -> None:
    assert len(excerpt("\x00" * 10_000_000, 1000)) < 1100


def test_only_surrogates_are_changed_in_documents() -> None:
    assert without_surrogates("\x1b \x00 \udc80 é") == "\x1b \x00 \\udc80 é"


def test_what_an_encoding_cannot_say_is_written_out() -> None:
    assert encodable("Zoë ✓", "ascii") == "Zo\\xeb \\u2713"
    assert encodable("Zoë ✓", "utf-8") == "Zoë ✓"
