"""How a page looks, measured in the browser: what look.md asks of every page, and each component's place and colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
LIGHT, DARK, LARGE = "light", "dark", "large"


def dress(page: Page, mode: str) -> None:
    """Show the page in light or dark; 大字版 is light, and its cookie is read when the page is opened."""
    page.emulate_media(color_scheme="dark" if mode == DARK else "light")


def wear_large_type(page: Page, url: str) -> None:
    """Take the cookie of 大字版, as the switch at the top of the page gives it."""
    page.context.add_cookies([{"name": "type", "value": LARGE, "url": url}])


def faults(page: Page, *, office: bool = False) -> list[str]:
    """Return what breaks look.md: low targets, weak contrast, small type, a page wider than its window."""
    found: list[str] = page.evaluate(f"({SCRIPT}).faults({{office: {str(office).lower()}}})")
    return found


def shift(page: Page) -> list[str]:
    """Return what has moved since the page was opened, each with how much (layout shift), from where and to where."""
    moved: list[str] = page.evaluate(f"({SCRIPT}).shifts()")
    return moved


def metrics(page: Page) -> dict[str, Any]:
    """Return each component's left, width, height, lines of text and sizes of type."""
    found: dict[str, Any] = page.evaluate(f"({SCRIPT}).metrics()")
    return found


def colours(page: Page) -> dict[str, str]:
    """Return the colours that each component uses."""
    found: dict[str, str] = page.evaluate(f"({SCRIPT}).colours()")
    return found


def differences(said: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the components that look other than they did; a line more or less in a long one is no matter."""
    found = [f"{name} is {'new' if name in now else 'gone'}" for name in sorted(said.keys() ^ now.keys())]
    for name in said.keys() & now.keys():
        (left, width, height, lines, sizes), (left_now, width_now, height_now, lines_now, sizes_now) = (
            said[name],
            now[name],
        )
        same = abs(left - left_now) <= 2 and abs(width - width_now) <= 2 and sizes == sizes_now
        same = same and abs(height - height_now) <= 12 + height * 0.03 and abs(lines - lines_now) <= 2 + lines * 0.03
        if not same:
            found.append(f"{name}: was {said[name]}, is {now[name]}")
    return found
