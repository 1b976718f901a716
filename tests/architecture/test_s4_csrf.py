"""S4: no POST without its token, no change by GET, and nothing written by who was refused."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from compounds.choices import Role
from core import pdf
from fees.models import Period
from tests.architecture.matrix import (
    HOME,
    YES,
    Address,
    Person,
    World,
    answer,
    expected,
    form_data,
    make_world,
    people,
)

pytestmark = pytest.mark.once

PEOPLE = {person.name: person for person in people()}
# History and sessions are written by reading too: who looked at which paper, that somebody is still there.
KEPT = {"core_entry", "django_session"}
WRITES = re.compile(
    r"""^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE)\s+"?(\w+)"?""", re.I
)


@pytest.fixture(scope="module")
def world(module_db: Path) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7", 1))
        made = make_world()
        loggers = [logging.getLogger(name) for name in ("django.request", "django.security.csrf")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield made
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def tables_written() -> Iterator[set[str]]:
    """Collect the tables that statements of this block write to, whether they change a row or not."""
    found: set[str] = set()

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        hit = WRITES.match(str(sql))
        if hit:
            found.add(hit[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


def allowed_person(address: Address, method: str) -> Person | None:
    """Return somebody whom the table lets in, or None where it lets in nobody."""
    names = [f"{role} own" for role in (Role.COMMITTEE_HEAD, Role.COMMITTEE_BOOKKEEPER, Role.STREET_STAFF,
                                        Role.DISTRICT_ADMIN, Role.ACCOUNT_ADMIN, Role.AUDITOR)]  # fmt: skip
    for name in names:
        if expected(address, method, PEOPLE[name]) == YES:
            return PEOPLE[name]
    return None


def strict_copy(client: Client) -> Client:
    """Return the same browser, with the check of the form's token that the test client leaves out."""
    strict = Client(enforce_csrf_checks=True)
    strict.looks_at_answers_only = True  # type: ignore[attr-defined]
    strict.cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    return strict


def posting(world: World) -> list[tuple[Address, Person]]:
    """Return every address that takes a POST, with somebody who may send it."""
    found = []
    for address in world.addresses:
        person = allowed_person(address, "POST")
        if "POST" in address.methods and person is not None:
            found.append((address, person))
    return found


def test_every_post_without_its_token_is_refused(world: World) -> None:
    """Also those of people who may: 403 from the guard, before the view; a foreign token is none."""
    asked = posting(world)
    assert {"closing", "draft_new", "review_draft", "verify", "login", "logout", "admin:core_user_add"} <= {
        address.name for address, _ in asked
    }
    foreign = get_token(RequestFactory().get("/"))
    for address, person in asked:
        client = strict_copy(world.clients[person.name])
        for data in (form_data(address), form_data(address) | {"csrfmiddlewaretoken": foreign}):
            with transaction.atomic(), tables_written() as written:
                response = client.post(address.url, data)
                transaction.set_rollback(True)
            assert response.status_code == 403, (address.key, person.name)
            assert "这个页面放得太久了" in response.content.decode(), address.key
            assert written <= KEPT, address.key


def test_control_with_its_token_it_is_let_through(world: World) -> None:
    for address, person in posting(world):
        client = strict_copy(world.clients[person.name])
        token = get_token(RequestFactory().get("/"))
        client.cookies["csrftoken"] = token
        with transaction.atomic():
            response = client.post(address.url, form_data(address) | {"csrfmiddlewaretoken": token})
            transaction.set_rollback(True)
        assert response.status_code != 403, (address.key, person.name)


def test_no_get_changes_anything(world: World) -> None:
    """Every address that answers GET, asked by somebody who is let in: no statement writes to any other table."""
    asked = 0
    for address in world.addresses:
        for method in ("GET", "HEAD", "OPTIONS"):
            person = allowed_person(address, method)
            if person is None:
                continue
            with tables_written() as written:
                answer(world, address, method, person)
            assert written <= KEPT, (address.key, method, written - KEPT)
            asked += 1
    assert asked > 100


def test_the_public_reads_without_writing_anything(world: World) -> None:
    """Nothing at all: no session, no history, no count (and so a read-only database serves them)."""
    for address in world.addresses:
        if address.kind != "public":
            continue
        with tables_written() as written:
            response = answer(world, address, "GET", PEOPLE["anonymous"])
        assert not written, (address.key, written)
        assert "sessionid" not in response.cookies, address.key


def test_who_is_refused_writes_nothing_but_history(world: World) -> None:
    """Refused by role, by area, or as nobody: a POST leaves no row behind, not even an empty month."""
    refused = 0
    strangers = ["auditor own", "community_clerk own", "committee_cashier own", "committee_head sibling", "anonymous",
                 "expired head", "account_admin own"]  # fmt: skip
    for address in world.addresses:
        if address.name in ("logout", "admin:logout"):
            continue
        for name in strangers:
            person = PEOPLE[name]
            if expected(address, "POST", person) == YES:
                continue
            with tables_written() as written:
                answer(world, address, "POST", person)
            assert written <= KEPT, (address.key, name, written - KEPT)
            refused += 1
    assert refused > 200


@pytest.mark.parametrize("act", ["prepare", "send_back", "withdraw", "nonsense", ""])
def test_a_reader_opens_no_month(world: World, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month that has no row yet is made by who may close it, not by whoever sends a form."""
    monkeypatch.setattr("portal.views.office.closing.month_of", lambda day: date(2027, 3, 1))
    month = Address("closing", "object", args=(HOME, "2027-02"), data={"act": act, "note": "x"})
    approval = Address("closing_approval", "object", args=(HOME, "2027-02"))
    for address in (month, approval):
        with tables_written() as written:
            assert answer(world, address, "POST", PEOPLE["auditor own"]).status_code in (403, 404)
        assert written <= KEPT
    if act == "prepare":
        with tables_written() as written:
            answer(world, month, "POST", PEOPLE["committee_bookkeeper own"])
        assert "fees_period" in written  # control: who may, makes it


def test_control_a_write_by_get_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that counts its readers would be caught."""
    from django.utils import timezone

    from portal.views.office import review as page

    def counting(*args: Any, **kwargs: Any) -> Any:
        Period.objects.filter(pk=0).update(month=timezone.localdate())
        return plain(*args, **kwargs)

    plain = page._queue
    monkeypatch.setattr(page, "_queue", counting)
    address = next(a for a in world.addresses if a.name == "review")
    with tables_written() as written:
        answer(world, address, "GET", PEOPLE["auditor own"])
    assert written - KEPT == {"fees_period"}


def test_no_view_is_exempt_from_the_check() -> None:
    from django.urls import get_resolver

    def walk(resolver: Any) -> Iterator[Any]:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern)
            else:
                yield pattern

    exempt = [str(p.pattern) for p in walk(get_resolver()) if getattr(p.callback, "csrf_exempt", False)]
    assert exempt == []
