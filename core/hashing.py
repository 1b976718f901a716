"""Text in one exact form, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

_LINE_BREAK = re.compile("\r\n|\r")
# What breaks a line, turns the reading direction or is no character; a public sheet must show what was typed.
_BREAKS = "\u2028\u2029"
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def canonical_json(data: Any) -> str:
    """Return the one JSON text of this data: keys sorted, separators ``,`` and ``:``, characters unescaped.

    :raises TypeError: for a float anywhere (money is a string), a key that is no string, any other type.
    """
    _refuse_floats(data)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_floats(data: Any) -> None:
    if isinstance(data, dict):
        for key, value in data.items():
            if not isinstance(key, str):
                raise TypeError(f"A key of canonical JSON is a string, not {key!r}.")
            if not isinstance(value, str):
                _refuse_floats(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            if not isinstance(value, str):
                _refuse_floats(value)
    elif isinstance(data, float):
        raise TypeError(f"Canonical JSON holds no float: {data!r}.")


def sha256_text(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_bytes(content: bytes) -> str:
    """Return the SHA-256 of the bytes, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def clean_text(text: str, *, multiline: bool = False) -> str:
    """Return the text in NFC, otherwise exactly as typed; with ``multiline`` line breaks become ``\\n``.

    Names with ``·``, rare characters and emoji stay. What one database stores and the other refuses, or what
    makes a sheet show something else than was typed, is refused.

    :raises ValueError: with a Chinese sentence, for NUL and other control characters, lone surrogates,
        characters that turn the direction of reading, and (without ``multiline``) line breaks.
    """
    if text.isprintable():
        return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    if multiline:
        text = _LINE_BREAK.sub("\n", text)
    for character in text:
        if character.isprintable():
            continue
        if character == "\n" and multiline:
            continue
        if character in "\r\n\u2028\u2029" and not (multiline and character in _BREAKS):
            raise ValueError("文字里有换行。请写成一行。")
        if character == "\t":
            raise ValueError("文字里有制表符（Tab）。请换成空格。")
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            raise ValueError("文字里有一个不完整的字。请删掉重打。")
        if unicodedata.category(character) == "Cc" or character in _DIRECTION:
            raise ValueError(f"文字里有看不见的控制字符（U+{code:04X}）。请删掉重打。")
    return unicodedata.normalize("NFC", text)
