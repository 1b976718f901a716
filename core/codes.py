"""Codes that people copy from paper: eight random characters and one that checks them."""

from __future__ import annotations

import secrets

# Crockford's: no I, L, O, U; 32 characters carry 5 bits each.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 9  # 8 characters of chance (40 bits) and the check character
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = {"O": "0", "I": "1", "L": "1"}
_HYPHENS = frozenset("-‐‑‒–—−－_")


def _double(value: int) -> int:
    """Multiply by x in the field of 32 elements (x⁵ = x² + 1)."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _syndrome(characters: str) -> int:
    """Return Σ vᵢ·xⁿ⁻¹⁻ⁱ, the characters read as elements of the field of 32; 0 for a whole code that is right.

    Each place has a weight of its own (powers of x are distinct up to x³⁰). So one wrong character changes the
    sum, and so do two exchanged ones, wherever they stand, the check character included.
    """
    total = 0
    for character in characters:
        total = _double(total) ^ _VALUES[character]
    return total


def check_character(body: str) -> str:
    """Return the character that makes the code right when put behind the body."""
    return ALPHABET[_double(_syndrome(body))]


def draw_code() -> str:
    """Return a new code: 40 bits of chance and a check character, upper case, no hyphens."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


SLIP_LENGTH = 14


def draw_slip() -> str:
    """Return a slip's number that nobody guesses: 65 bits of chance and a check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SLIP_LENGTH - 1))
    return body + check_character(body)


def show_code(code: str) -> str:
    """Return the code as printed, in groups of four: 7K2M-9QXA-C."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(text: str, length: int = LENGTH) -> str | None:
    """Return the code that someone typed, or None where length or check character is off.

    Hyphens, spaces, lower case and full-width characters are read as meant, O as 0, I and L as 1.
    """
    if len(text) > 60:
        return None
    found = []
    for character in text:
        if "\uff01" <= character <= "\uff5e":
            character = chr(ord(character) - 0xFEE0)
        if character.isspace() or character in _HYPHENS:
            continue
        # Only ASCII is raised: upper() would make other letters into ours.
        character = character.upper() if character.isascii() else character
        character = _MISREAD.get(character, character)
        if character not in _VALUES:
            return None
        found.append(character)
    code = "".join(found)
    return code if len(code) == length and _syndrome(code) == 0 else None
