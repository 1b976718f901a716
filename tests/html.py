"""Whether a page is valid HTML: every page that a test fetches is parsed as the standard says, strictly."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import html5lib
from html5lib.html5parser import ParseError

REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "list", "form")


def is_html(response: Any) -> bool:
    """Return whether a response of the test client carries HTML."""
    return response.get("Content-Type", "").startswith("text/html") and not response.streaming


@functools.lru_cache(maxsize=2000)
def faults_of(content: str) -> tuple[str, ...]:
    """Return what is wrong with a page, or with a fragment of one; nothing for an empty answer."""
    if not content.strip():
        return ()
    whole = content.lstrip()[:9].lower() == "<!doctype"
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    try:
        tree = parser.parse(content) if whole else parser.parseFragment(content)
    except ParseError as problem:
        position = parser.tokenizer.stream.position()
        line = content.splitlines()[max(0, position[0] - 1)][:160] if content else ""
        return (f"{problem} at line {position[0]}: {line}",)
    return tuple(_whole_page(tree) if whole else []) + tuple(_references(tree, whole))


def _whole_page(tree: Any) -> list[str]:
    faults = []
    if not tree.get("lang"):
        faults.append("no lang on <html>")
    title = tree.find("head/title")
    if title is None or not (title.text or "").strip():
        faults.append("no title")
    headings = [e for e in tree.iter() if e.tag == "h1"]
    if len(headings) != 1:
        faults.append(f"{len(headings)} headings of the first level")
    return faults


def _references(tree: Any, whole: bool) -> list[str]:
    elements = [e for e in tree.iter() if isinstance(e.tag, str)]
    ids = Counter(e.get("id") for e in elements if e.get("id"))
    faults = [f"the id {name} stands {count} times" for name, count in ids.items() if count > 1]
    for element in elements:
        if element.get("style") or any(name.startswith("on") for name in element.keys()):  # noqa: SIM118
            faults.append(f"inline style or script on <{element.tag}>")
        if element.tag == "img" and element.get("alt") is None:
            faults.append(f"a picture without a text: {element.get('src')}")
        for name in REFERENCES if whole else ():
            for target in (element.get(name) or "").split():
                if target not in ids:
                    faults.append(f"{name} refers to {target}, which is not there")
        if element.tag in ("input", "select", "textarea") and element.get("type") not in ("hidden", "submit", "button"):
            labelled = element.get("aria-label") or element.get("aria-labelledby") or element.get("id")
            if not labelled and whole and not _inside_label(tree, element):
                faults.append(f"a field without a label: {element.get('name')}")
    return faults


def _inside_label(tree: Any, field: Any) -> bool:
    return any(each is field for label in tree.iter("label") for each in label.iter())


def check_page(response: Any) -> None:
    """Fail with what is wrong with the page that a response carries."""
    if not is_html(response):
        return
    faults = faults_of(response.content.decode())
    where = f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO']} ({response.status_code})"
    assert not faults, f"{where} is no valid page: " + "; ".join(faults[:5])
