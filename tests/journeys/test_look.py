"""The pages that show every component, held to the look: sizes, contrast, targets, axe, and how they looked before.

``WUHAO_LOOK=write pytest tests/journeys/test_look.py`` writes look_reference.json anew after a change that is meant:
look at the two pages first.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.journeys.conftest import Visit, Visitor
from tests.journeys.looking import DARK, LARGE, LIGHT, colours, differences, dress, faults, metrics, wear_large_type

REFERENCE = Path(__file__).parent / "look_reference.json"
WIDTHS = (320, 390, 1280)
PUBLIC, OFFICE_PAGE = "/look/", "/office/look/"
SIDES = [(PUBLIC, LIGHT), (PUBLIC, LARGE), (OFFICE_PAGE, LIGHT)]
IDS = ["residents", "residents large", "office"]


def opened(visit: Visit, path: str, mode: str) -> Visitor:
    visitor = visit()
    if path == OFFICE_PAGE:
        visitor.login("wuli")
    if mode == LARGE:
        wear_large_type(visitor.page, visitor.site.url)
    visitor.go(path)
    return visitor


def width_of(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 800 if width > 640 else 844})


def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
    return found


def compare(name: str, now: dict[str, Any]) -> list[str]:
    """Hold what is measured beside what was; or write it down, when that is asked for."""
    known = reference()
    if os.environ.get("WUHAO_LOOK") == "write":
        known[name] = now
        parts = {
            key: ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in each.items()) for key, each in known.items()
        }
        REFERENCE.write_text(
            "{\n" + ",\n".join(f"{json.dumps(k)}: {{\n{v}\n}}" for k, v in sorted(parts.items())) + "\n}\n"
        )
        return []
    if "colours" in name:
        said = known.get(name, {})
        return [
            f"{part}: was {said.get(part)}, is {now.get(part)}"
            for part in said.keys() | now.keys()
            if said.get(part) != now.get(part)
        ]
    return differences(known.get(name, {}), now)


@pytest.mark.parametrize(("path", "mode"), SIDES, ids=IDS)
def test_every_component_keeps_the_look(visit: Visit, path: str, mode: str) -> None:
    """320, 390 and 1280 px, light and dark: nothing against look.md, and no component looks other than it did."""
    visitor = opened(visit, path, mode)
    page, office, wrong = visitor.page, path == OFFICE_PAGE, []
    for width in WIDTHS:
        width_of(visitor, width)
        for scheme in (LIGHT, DARK):
            dress(page, scheme)
            wrong += [f"{path} {width} {mode} {scheme}: {fault}" for fault in faults(page, office=office)]
            visitor.shoot(f"look_{'office' if office else 'residents'}_{mode}_{scheme}")
            if mode == LIGHT and width == WIDTHS[-1]:
                wrong += compare(f"{path} {scheme} colours", colours(page))
        wrong += [f"{path} {width} {mode}: {each}" for each in compare(f"{path} {mode} {width}", metrics(page))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("path", "mode"), SIDES, ids=IDS)
def test_axe_finds_nothing(visit: Visit, path: str, mode: str) -> None:
    visitor = opened(visit, path, mode)
    for width, scheme in ((320, LIGHT), (1280, DARK)) if mode == LIGHT else ((390, LIGHT),):
        width_of(visitor, width)
        dress(visitor.page, scheme)
        visitor.check_accessible()


def test_two_thousand_lines_fit_a_phone(visit: Visit) -> None:
    visitor = opened(visit, "/look/?rows", LIGHT)
    assert visitor.page.locator("td.amount").count() == 2000
    for width in WIDTHS:
        width_of(visitor, width)
        visitor.check_no_sideways_scroll()


BREAKS = {
    "a component's layout": ("base", ".figures {\n  display: flex;", ".figures {\n  display: block;", "figures"),
    "a component's line": (
        "base",
        "border-bottom: 4px double var(--ink);",
        "border-bottom: 1px solid var(--line);",
        "double",
    ),
    "a token": ("tokens", "--ink-2: #47433a;", "--ink-2: #8a8478;", "contrast"),
    "a target": ("public", "--target: 44px;", "--target: 30px;", "px high"),
    "the size of type": ("public", "font-size: 112.5%;", "font-size: 90%;", "14."),
    "the width": ("base", ".notice {", ".notice {\n  min-width: 2000px;", "wider than the window"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_control_a_broken_style_is_seen(visit: Visit, what: str) -> None:
    sheet, before, after, told = BREAKS[what]
    visitor = visit()

    def broken(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        assert before in text
        route.fulfill(response=answer, body=text.replace(before, after))

    visitor.page.route(f"**/core/{sheet}.*css", broken)
    visitor.go(PUBLIC)
    found = faults(visitor.page) + compare(f"{PUBLIC} {LIGHT} 1280", metrics(visitor.page))
    found += compare(f"{PUBLIC} {LIGHT} colours", colours(visitor.page))
    assert any(told in each for each in found), found[:5]
