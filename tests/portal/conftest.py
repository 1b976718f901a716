"""Whom the tests of office pages meet: a compound with one month's vouchers, its bookkeeper and its head.

A module whose compound is another one has its own ``home``; the people follow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from compounds.models import Compound
from core.models import User
from tests import factories
from tests.portal.office import NOW, browser


@pytest.fixture
def november() -> Iterator[None]:
    """The 5th of November 2026, 9:30 in Beijing, standing still."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    return made


@pytest.fixture
def people(home: Compound) -> tuple[User, User]:
    """The bookkeeper and the head."""
    return factories.people(home)


@pytest.fixture
def keeper(people: tuple[User, User]) -> Client:
    return browser(people[0])


@pytest.fixture
def head(people: tuple[User, User]) -> Client:
    return browser(people[1])
