"""The bytes of a .py file as text, the way Python itself would read them, or a reason why not."""

from __future__ import annotations

import io
import tokenize

from d2l_kit.errors import SubmissionError

MAX_SOURCE = 1 << 18  # bytes; the longest solution of the course is below 20 KiB, and analysing takes time

SAVE_AS = "Save it as UTF-8 (in most editors: Save with Encoding) and hand it in again."
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def decode(data: bytes, file: str) -> str:
    """The text of a Python file: UTF-8 with or without byte order mark, or as its coding line says (PEP 263).

    Raises:
        SubmissionError: Too large, not text, or not in the encoding it is said to be in; names file and byte.
    """
    if len(data) > MAX_SOURCE:
        raise SubmissionError(f"{file} is larger than {MAX_SOURCE >> 10} KiB.", "Keep data out of it.")
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            message = f"{file} is not UTF-8: byte {data[0]:#04x} at 0; it looks like {encoding}."
            raise SubmissionError(message, SAVE_AS)
    if (at := data.find(b"\0")) >= 0:
        raise SubmissionError(f"{file} is not UTF-8 text: a NUL byte (0x00) at {at}.", SAVE_AS)
    text = _decode(data, file).replace("\r\n", "\n").replace("\r", "\n")
    require_text(text, file)
    return text


def require_text(text: str, where: str) -> None:
    """Refuse what no Python source can hold, whatever encoding or JSON escape brought it here.

    Raises:
        SubmissionError: A NUL or half of a surrogate pair; names the place.
    """
    if (at := text.find("\0")) >= 0:
        raise SubmissionError(f"{where} holds a NUL character on line {_line(text, at)}.", "Delete it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        place = f"{where} holds half of a surrogate pair (U+{ord(text[error.start]):04X})"
        raise SubmissionError(f"{place} on line {_line(text, error.start)}.", "Delete that character.") from error


def _decode(data: bytes, file: str) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as undecodable:
            raise _not_in("UTF-8", file, undecodable) from error
        raise SubmissionError(f"{file}: its coding line cannot be used: {error.msg}.", SAVE_AS) from error
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_in(encoding.upper().replace("-SIG", ""), file, error) from error
    except (LookupError, ValueError) as error:  # codecs that are not of text, such as `coding: rot13`
        raise SubmissionError(f"{file}: its coding line names {encoding}, which is not for text.", SAVE_AS) from error


def _not_in(encoding: str, file: str, error: UnicodeDecodeError) -> SubmissionError:
    line = error.object[: error.start].count(b"\n") + 1
    place = f"byte {error.object[error.start]:#04x} at {error.start} (line {line})"
    return SubmissionError(f"{file} is not {encoding}: {place}.", SAVE_AS)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
