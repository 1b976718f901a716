"""S11: whatever stands in a printed field is printed as text: nothing is fetched, nothing of this machine gets into the PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.template.loader import render_to_string

from core import pdf
from fees.documents import data_hash, print_context, read_ledger
from fees.models import Ledger
from tests import factories
from tests.listener import Listener

pytestmark = pytest.mark.once

CANARY = b"canary-of-the-printed-field"
PAYLOADS = (
    "<img src={url}>",
    "<link rel=attachment href={url}>",
    "<style>@import url({url});</style>",
    "<object data={url}></object>",
    "<svg><image href={url} /></svg>",
    "</style><p style='background:url({url})'>",
)
# What is no free text: keys that code reads, dates, money, hashes and addresses of our own.
FIXED = {
    "schema", "code", "period", "first_on", "last_on", "posted_on", "posted_until", "book", "on", "direction", "source",
    "service_line", "check", "key", "hash", "sha256", "verify_url", "floor_area", "kind", "means", "month", "balance",
    "amount", "opening", "closing", "quantity", "unit_price", "state",
}  # fmt: skip


@pytest.fixture(scope="module")
def posted(module_db: Path) -> dict[str, Any]:
    factories.full_books(factories.compound())
    data: dict[str, Any] = json.loads(Ledger.objects.get(code="2026-09").document.data)
    return data


def is_free(value: str) -> bool:
    """Whether a text is words, not a figure."""
    return bool(value) and not value.replace(".", "").replace("-", "").isdigit()


def poisoned(data: Any, text: str, done: list[str], path: str = "") -> Any:
    """Return the data with every free text replaced."""
    if isinstance(data, dict):
        return {
            key: value
            if key in FIXED and not isinstance(value, (dict, list))
            else poisoned(value, text, done, f"{path}.{key}")
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [poisoned(value, text, done, path) for value in data]
    if isinstance(data, str) and is_free(data):
        done.append(path)
        return text
    return data


def sheet(data: dict[str, Any]) -> str:
    data = {**data, "sha256": data_hash(data)}
    return render_to_string("fees/ledger_print.html", print_context(read_ledger(json.dumps(data, ensure_ascii=False))))


def everything_in(content: bytes) -> Iterator[bytes]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert not reader.attachments
    for number in range(1, len(reader.xref[0]) + 1):
        found = reader.get_object(number)
        if found is not None and hasattr(found, "get_data"):
            yield found.get_data()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_field_of_the_posted_sheet_is_text(
    payload: str, posted: dict[str, Any], listener: Listener, tmp_path: Path
) -> None:
    secret = tmp_path / "c.png"
    secret.write_bytes(CANARY)
    for url in (listener.address, secret.as_uri()):
        fields: list[str] = []
        text = payload.format(url=url)
        data = poisoned(posted, text, fields)
        assert {".compound.name", ".compound.place", ".books.lines.summary", ".told.reason"} <= set(fields)
        html = sheet(data)
        assert text not in html, "escaped in the page"
        made = pdf.render(html)
        printed = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made.bytes)).pages)
        assert text.split()[0].split("{")[0][:6] in printed, "and printed as it was typed"
        assert all(CANARY not in part for part in everything_in(made.bytes))
    assert listener.visits == 0


def test_control_markup_taken_as_markup_is_refused_or_fetched(
    posted: dict[str, Any], listener: Listener, no_errors_in_logs: list[Any]
) -> None:
    """Were one field not escaped, the renderer would end with a fault; were its fetcher the usual one, it would fetch."""
    text = PAYLOADS[0].format(url=listener.address)
    html = sheet(poisoned(posted, "记号", [])).replace("记号", text, 40)
    with pytest.raises(pdf.PdfFault):
        pdf.render(html)
    assert listener.visits == 0
    import weasyprint

    weasyprint.HTML(string=html).write_pdf()
    assert listener.visits > 0
    no_errors_in_logs.clear()
