"""Codes that people copy: 40 bits of chance, and a check character that catches what people do wrong."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codes import ALPHABET, check_character, draw_code, read_code, show_code

bodies = st.text(st.sampled_from(ALPHABET), min_size=8, max_size=8)


def test_a_drawn_code_reads_back() -> None:
    codes = {draw_code() for _ in range(2000)}

    assert len(codes) == 2000
    assert all(len(code) == 9 and set(code) <= set(ALPHABET) and read_code(code) == code for code in codes)
    # Every character occurs at every place: 5 bits each.
    assert all({code[place] for code in codes} == set(ALPHABET) for place in range(9))


def test_every_single_substitution_is_caught_at_every_place() -> None:
    """The scheme is linear, so one code of equal characters and one mixed stand for all; both are tried whole."""
    for body in ("00000000", "7K2M9QXA", "ZZZZZZZZ"):
        code = body + check_character(body)
        for place in range(9):
            for other in ALPHABET:
                if other != code[place]:
                    assert read_code(code[:place] + other + code[place + 1 :]) is None


def test_every_exchange_of_two_places_is_caught() -> None:
    """All pairs of different characters at all pairs of places, neighbours and others, the check character too."""
    for one, other in combinations(range(8), 2):
        for a in ALPHABET:
            for b in ALPHABET:
                if a == b:
                    continue
                body = ["0"] * 8
                body[one], body[other] = a, b
                code = "".join(body) + check_character("".join(body))
                body[one], body[other] = b, a
                assert read_code("".join(body) + code[-1]) is None
    for place in range(8):
        for a in ALPHABET:
            body = "0" * place + a + "0" * (7 - place)
            code = list(body + check_character(body))
            if code[place] != code[8]:
                code[place], code[8] = code[8], code[place]
                assert read_code("".join(code)) is None


@given(bodies, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_substitutions_in_any_code_are_caught(body: str, place: int, other: str) -> None:
    code = body + check_character(body)
    changed = code[:place] + other + code[place + 1 :]

    assert read_code(changed) == (code if changed == code else None)


def test_a_guess_passes_the_check_once_in_32() -> None:
    assert sum(read_code("7K2M9QX" + a + b) is not None for a in ALPHABET for b in ALPHABET) == 32


def test_it_is_shown_in_groups_and_read_however_it_is_typed() -> None:
    code = "10K2M9QX"
    code += check_character(code)
    shown = show_code(code)

    assert shown == f"10K2-M9QX-{code[-1]}"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in shown)
    for typed in (code, shown, shown.lower(), f"  {shown} ", shown.replace("-", " — "), wide, wide.lower()):
        assert read_code(typed) == code
    for typed in ("lOk2m9qx", "Iok2M9Qx", "l0-K2 M9QX"):
        assert read_code(typed + code[-1]) == code


@pytest.mark.parametrize(
    "typed",
    ["", "-", "7K2M9QXA", "7K2M9QXAUU", "7K2M9QXÄ1", "7K2M9QX²1", "7K2M9QXſ1", "0" * 10, "7" * 10_000, "七K2M9QXA1"],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert read_code(typed) is None
