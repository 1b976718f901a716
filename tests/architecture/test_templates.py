"""Templates keep the order of the apps too, and the browser's policy: nothing inline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
APPS = ("core", "compounds", "ballots", "fees", "portal")
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.S),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.S | re.I),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "a foreign address": re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.I),
    "text taken as markup": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
}  # fmt: skip
# A printed sheet carries its own style: it meets no browser, and the renderer fetches nothing else.
INLINE_STYLE = re.compile(r"<style\b", re.I)
EXTENDS = re.compile(r"""\{%\s*(?:extends|include)\s+["']([^"']+)["']""")
URL_TAG = re.compile(r"""\{%\s*url\s+["']([^"']+)["']""")
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)


def templates() -> Iterator[tuple[str, str, Path]]:
    """Yield app, template name and file."""
    for app in APPS:
        folder = ROOT / app / "templates"
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield app, str(path.relative_to(folder)), path


ALL = list(templates())
IDS = [name for _, name, _ in ALL]


def test_there_are_templates() -> None:
    assert {"core", "fees", "portal"} <= {app for app, _, _ in ALL}


@pytest.mark.parametrize(("app", "name", "path"), ALL, ids=IDS)
def test_a_template_compiles_and_lies_in_its_apps_folder(app: str, name: str, path: Path) -> None:
    get_template(name)
    assert name.split("/")[0] in (app, "registration", "admin") or "/" not in name


@pytest.mark.parametrize(("app", "name", "path"), ALL, ids=IDS)
def test_a_template_refers_to_the_left_only(app: str, name: str, path: Path) -> None:
    """``extends`` and ``include`` point to the own app or one to its left; the portal may show what all have."""
    text = path.read_text(encoding="utf-8")
    for other in EXTENDS.findall(text):
        owner = other.split("/")[0]
        if owner in APPS:
            assert APPS.index(owner) <= APPS.index(app), other
        get_template(other)


def names_of_urls() -> dict[str, str]:
    """Return each address's name and the app whose view answers it."""
    found = {}

    def walk(resolver: URLResolver, inside_admin: bool) -> None:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern, inside_admin or pattern.namespace == "admin")
            elif isinstance(pattern, URLPattern) and pattern.name and not inside_admin:
                found[pattern.name] = pattern.callback.__module__.split(".")[0]

    walk(get_resolver(), False)
    return found


@pytest.mark.parametrize(("app", "name", "path"), ALL, ids=IDS)
def test_an_address_named_in_a_template_exists_and_lies_to_the_left(app: str, name: str, path: Path) -> None:
    """Only the portal has pages, so outside of it no template may name one."""
    known = names_of_urls()
    for url in URL_TAG.findall(path.read_text(encoding="utf-8")):
        if url.startswith("admin:"):
            continue
        assert url in known, url
        owner = known[url] if known[url] in APPS else "portal"
        assert app == "portal" or APPS.index(owner) <= APPS.index(app), url


@pytest.mark.parametrize(("app", "name", "path"), ALL, ids=IDS)
def test_nothing_inline(app: str, name: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plain = TAG.sub("", text)
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text if "markup" in what else plain)]
    assert not found
    if not name.startswith("fees/ledger_print"):
        assert not INLINE_STYLE.search(plain)


def test_control_the_patterns_see_what_they_are_for() -> None:
    samples = {
        "a style attribute": '<p\n style="color:red">',
        "an event attribute": '<a href="#" onclick="go()">',
        "an inline script": "<script>go()</script>",
        "a javascript address": '<a href="javascript:go()">',
        "a foreign address": '<img src="//cdn.example.com/a.png">',
        "text taken as markup": "{{ note|safe }}",
    }
    assert samples.keys() == FORBIDDEN.keys()
    for what, sample in samples.items():
        assert FORBIDDEN[what].search(sample), what
    assert not FORBIDDEN["an inline script"].search('<script src="/static/core/office.js" defer></script>')


def test_pages_of_the_portal_extend_a_base() -> None:
    """A whole page has the base's head: language, viewport, title; what has none is a part."""
    for app, name, path in ALL:
        text = path.read_text(encoding="utf-8")
        if "<html" in text:
            assert 'lang="zh-CN"' in text or "lang=" in text, name
            assert "<title>" in text, name
        if app == "portal" and "{% extends" in text:
            assert text.lstrip().startswith("{% extends"), name
