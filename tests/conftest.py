"""What every test stands on: own files, real commits where needed, valid pages, and no unexpected ERROR in any log."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests.listener import Listener


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite's test database in a file: copies and threads need one."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        database.setdefault("TEST", {})["NAME"] = name
        connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Migrate one test database, also where only tests with real commits were asked for."""
    from django.test.utils import setup_databases, teardown_databases

    verbosity = request.config.option.verbose
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=verbosity, interactive=False, aliases={"default"}, serialized_aliases=set())
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=verbosity)


def file_settings(folder: Path) -> dict[str, Any]:
    """Return the settings that keep documents and anchors in a folder, and make passwords and clients cheap."""
    documents = {"BACKEND": "core.storage.FolderStorage", "OPTIONS": {"location": str(folder / "documents")}}
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return {
        "STORAGES": {"default": documents, "staticfiles": static},
        "ANCHORS_FILE": folder / "anchors.jsonl",
        # Else every new test client reads the whole folder of static files, a sixth of the time of the pages' tests.
        "WHITENOISE_AUTOREFRESH": True,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


@pytest.fixture(scope="module")
def module_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of documents and anchors of a module whose tests share one filled database."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def own_files(request: pytest.FixtureRequest, settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Keep each test's documents and anchors in a folder of its own, or with ``module_db`` in its module's."""
    shared = "module_db" in request.fixturenames
    folder: Path = request.getfixturevalue("module_files") if shared else tmp_path
    for name, value in file_settings(folder).items():
        setattr(settings, name, value)
    return folder


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.name.startswith("weasyprint"):
            self.records.append(record)


@pytest.fixture(autouse=True)
def no_errors_in_logs(request: pytest.FixtureRequest) -> Iterator[list[logging.LogRecord]]:
    """Fail a test that leaves an ERROR in a log or a warning of WeasyPrint; expected ones are taken off the list."""
    collector = _Collector()
    loggers = [logging.getLogger(), logging.getLogger("weasyprint")]
    for logger in loggers:
        logger.addHandler(collector)
    yield collector.records
    for logger in loggers:
        logger.removeHandler(collector)
    if collector.records:
        pytest.fail("in the log: " + "; ".join(record.getMessage()[:300] for record in collector.records))


@pytest.fixture(scope="session", autouse=True)
def every_page_is_valid() -> Iterator[None]:
    """Parse every HTML page that any test fetches, strictly; an invalid one fails that test."""
    from django.test import Client

    from tests.html import check_page

    plain = Client.request

    def request(self: Client, **extra: Any) -> Any:
        response = plain(self, **extra)
        if not getattr(self, "looks_at_answers_only", False):
            check_page(response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request)
        yield


_suffixes = itertools.count()


@contextmanager
def copied_database() -> Iterator[None]:
    """Work on a copy of the migrated database with real commits, seen by threads; dropped afterwards, never flushed.

    Flushing an insert-only table is refused, and there is no switch to allow it.
    """
    from django.conf import settings

    suffix = f"real{next(_suffixes)}"
    creation = connection.creation
    connections.close_all()
    creation.clone_test_db(suffix=suffix, verbosity=0, autoclobber=True)
    before = connection.settings_dict["NAME"]
    name = creation.get_test_db_clone_settings(suffix)["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = before
        creation._destroy_test_db(str(name), verbosity=0)
        connections.close_all()


@pytest.fixture
def real_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy of the migrated database with real commits, for one test."""
    with django_db_blocker.unblock(), copied_database():
        yield


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: Any, module_files: Path) -> Iterator[Path]:
    """A copy of the migrated database for a module that fills it once; its tests leave it as it was.

    Files made while it is filled lie in ``module_files``, where the module's tests find them.
    """
    from django.test import override_settings

    with django_db_blocker.unblock(), copied_database(), override_settings(**file_settings(module_files)):
        yield module_files


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ledgers be issued without setting type: for tests that do not look at the PDF."""
    from core import pdf

    def render(html: str, **_: object) -> pdf.Pdf:
        return pdf.Pdf(b"%PDF-1.7 " + html.encode()[:200], 1)

    monkeypatch.setattr(pdf, "render", render)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server on loopback that counts who comes."""
    made = Listener()
    yield made
    made.socket.close()
