"""T7, bytes: what a resident's first view weighs on the way, page and style sheets as they are sent, without pictures."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from whitenoise.compress import Compressor

from portal.views import samples
from tests import factories

LIMIT = 60_000
SHEET = re.compile(r'<(?:link rel="stylesheet" href|script src)="/static/([^"]+)"')


def packed(content: bytes, folder: Path) -> int:
    """Return the size under the lighter of the encodings that the web server sends for a file."""
    path = folder / "file.css"
    path.write_bytes(content)
    made = [Path(name) for name in Compressor(quiet=True).compress(str(path))]
    return min([len(content), *(each.stat().st_size for each in made)])


def weight(client: Client, address: str, folder: Path, more: str = "") -> dict[str, int]:
    """Return the bytes of a page, as the product answers a browser, and of what it asks for."""
    response = client.get(address, headers={"accept-encoding": "gzip, br"})
    html = gzip.decompress(response.content) if response.get("Content-Encoding") == "gzip" else response.content
    parts = {"page": len(response.content) + len(more)}
    for name in SHEET.findall(html.decode()):
        found = finders.find(name)
        assert isinstance(found, str), name
        parts[name] = packed(Path(found).read_bytes(), folder)
    return parts


@pytest.fixture(scope="module")
def compound(module_db: Path) -> Iterator[str]:
    made = factories.compound()
    factories.full_books(made)
    yield made.code


@pytest.mark.usefixtures("quick_pdf")
def test_the_first_view_is_light(compound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home, a compound, a ledger, and sixty lines of one with a year's chart beside it."""
    monkeypatch.setattr("portal.views.look.ROWS", 60)
    monkeypatch.setattr(samples, "LONGEST_PAYEE", "和顺里物业服务有限公司")
    for address in (
        "/",
        f"/compounds/{compound}/",
        f"/compounds/{compound}/ledgers/2026-10/",
        "/look/?rows",
        "/verify/",
    ):
        parts = weight(Client(), address, tmp_path)
        assert len(parts) >= 4, "the page and its style sheets"
        assert sum(parts.values()) <= LIMIT, (address, parts)


@pytest.mark.usefixtures("quick_pdf")
def test_control_too_heavy_a_page_is_seen(compound: str, tmp_path: Path) -> None:
    noise = "".join(f"<p>{i * 7919 % 99991:x}{i * i % 65537:x}</p>" for i in range(20_000))
    assert sum(weight(Client(), "/", tmp_path, noise).values()) > LIMIT
