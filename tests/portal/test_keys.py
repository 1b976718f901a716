"""The sheet of keys: one list, read by people and by the script."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from compounds.choices import Role
from portal.navigation import KEYS
from tests import factories
from tests.portal.office import HOME, browser, valid

SCRIPT = Path(settings.BASE_DIR, "core/static/core/office.js")


def test_every_page_brings_the_sheet_and_a_way_to_it(db: None) -> None:
    factories.compound()
    client = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, HOME))
    html = valid(client.get("/office/compounds/"))
    sheet = html[html.index('id="keys"') : html.index("</section>", html.index('id="keys"'))]
    assert " hidden>" in sheet
    for key in KEYS:
        assert key.text in sheet
        assert not key.does or f'data-does="{key.does}" data-on="{key.on}"' in sheet
    assert 'href="/office/keys/"' in html
    page = valid(client.get("/office/keys/"))
    assert page.count('id="keys"') == 1 and " hidden>" not in page
    assert all(key.text in page for key in KEYS)


def test_the_script_can_do_what_the_sheet_says_and_nothing_else() -> None:
    """No key is written into the script; its deeds are those of the sheet."""
    text = SCRIPT.read_text(encoding="utf-8")
    body = text[text.index("const acts = {") : text.index("\n  };", text.index("const acts = {"))]
    deeds = set(re.findall(r"^    (\w+)(?::| ?\()", body, re.M))
    assert deeds == {key.does for key in KEYS if key.does}
    names = [name for key in KEYS for name in key.on.split()]
    assert len(names) == len(set(names)), "no key does two things"
