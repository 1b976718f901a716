"""Colours that people can read: contrast of the tokens, computed as WCAG 2 does (look.md, Tokens)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

SHEETS = Path(settings.BASE_DIR) / "core" / "static" / "core"


def tokens(dark: bool) -> dict[str, str]:
    text = (SHEETS / "tokens.css").read_text()
    light, _, night = text.partition("@media screen and (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light))
    return found | (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", night)) if dark else {})


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", 7), ("ink-2", "paper", 7), ("green", "paper", 7), ("red", "paper", 7), ("amber", "paper", 7),
        ("paper", "green", 7), ("ink", "green-2", 7), ("ink", "amber-2", 7), ("ink", "red-2", 7), ("ink", "paper-2", 7),
        ("ink-3", "paper", 4.5), ("ink-3", "green-2", 4.5), ("seal", "paper", 3), ("line-2", "paper", 3),
        ("amber-line", "paper", 3),
    ],
)  # fmt: skip
def test_text_and_lines_stand_out(front: str, back: str, least: float, dark: bool) -> None:
    found = tokens(dark)
    assert contrast(found[front], found[back]) >= least


def test_no_sheet_names_a_colour_of_its_own() -> None:
    """What is not a token would not follow into the dark; paper is printed in the light ones."""
    for name in ("base.css", "public.css", "public_wide.css"):
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", (SHEETS / name).read_text()) == [], name
    light = {value for name, value in tokens(False).items()} | {"#fff"}
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", (SHEETS / "print.css").read_text())) <= light


def test_every_token_that_is_used_exists() -> None:
    defined = set(re.findall(r"(--[a-z0-9-]+):", (SHEETS / "tokens.css").read_text()))
    for sheet in ("base.css", "public.css", "public_wide.css"):
        used = set(re.findall(r"var\((--[a-z0-9-]+)\)", (SHEETS / sheet).read_text()))
        assert used <= defined, sheet
