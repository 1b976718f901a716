"""The real product for a person's journeys: the demo in a folder of its own, its server, and Debian's Chromium.

Journeys never touch the database; they see what a person sees. Any error or warning in the browser's console, any
answer of 500 and any ERROR in the server's log fails the journey.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Keyboard, Page, Request, Response, expect

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "var" / "journeys"
PHONE, OFFICE = (390, 844), (1280, 800)
# Milliseconds for whatever a person waits for: a machine that is busy with other tests is slow, not wrong.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# Journeys of accounts that the demo prints no password for need one.
PASSWORD = "ge-yuan-li-de-deng-3"
# One hash for all: hundreds of them would take a minute.
GIVE_PASSWORDS = """
from django.contrib.auth.hashers import make_password
from core.models import User
people = User.objects.people().exclude(username__in={printed!r})
people.update(password=make_password({password!r}), must_change_password=False, one_time_until=None)
"""
PEOPLE_OF = """
import json
from compounds.models import Appointment, Compound
compound = Compound.objects.get(name__startswith={name!r})
held = Appointment.objects.filter(area_code=compound.code).values_list("role", "user__username")
print(json.dumps({{"code": compound.code, **dict(held)}}))
"""
# The older months' ledgers would be made in the background all through the journeys.
STOP_JOBS = """
from django.utils import timezone
from core import jobs
from core.models import Job
from core.operations import machine
for job in Job.objects.unfinished().tops():
    jobs.stop(job, actor=machine("system"), at=timezone.now())
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
    # The longest first: with two workers the other modules pass beside it.
    items.sort(key=lambda item: item.path.name != "test_year.py")


# --- The product --------------------------------------------------------------------------------------------------


def _environment(var: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return {**kept, "WUHAO_VAR": str(var), "PORT": str(port), "PYTHONUNBUFFERED": "1"}


def _manage(var: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=_environment(var, 8000), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Site:
    """A running product: where it answers, its files, and who may log in."""

    url: str
    var: Path
    passwords: dict[str, str] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the server; return what it prints."""
        return _manage(self.var, *arguments)

    def people_of(self, compound: str) -> dict[str, str]:
        """Return who does what in a compound that is found by its name: login name by role, and its ``code``."""
        found: dict[str, str] = json.loads(self.manage("shell", "-v", "0", "-c", PEOPLE_OF.format(name=compound)))
        return found

    def newest_ledger(self, compound: str) -> dict[str, Any]:
        """Return the data of last month's ledger, as everyone can fetch them."""
        month = (date.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
        with urllib.request.urlopen(f"{self.url}/compounds/{compound}/ledgers/{month}.json", timeout=20) as answer:
            data: dict[str, Any] = json.load(answer)
        return data


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, dict[str, str]]:
    """Make the demo district once for all workers; return its folder and every person's password.

    Who writes journeys saves a minute with WUHAO_DEMO: the var folder of a demo made before, which is copied.
    """
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent
    var, ready = folder / "demo", folder / "demo_is_made"
    with (folder / "demo_lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            # What a worker left that failed while it made the demo is made anew.
            shutil.rmtree(var, ignore_errors=True)
            _make_demo(var)
            ready.touch()
    return var, _passwords(var)


def _make_demo(var: Path) -> None:
    if made := os.environ.get("WUHAO_DEMO"):
        shutil.copytree(made, var)
    else:
        var.mkdir()
        _manage(var, "migrate", "--verbosity", "0")
        _manage(var, "demo")
    script = STOP_JOBS + GIVE_PASSWORDS.format(printed=[*_passwords(var)], password=PASSWORD)
    _manage(var, "shell", "-v", "0", "-c", script)


def _passwords(var: Path) -> dict[str, str]:
    rows = [line.split() for line in (var / "demo_accounts.txt").read_text(encoding="utf-8").splitlines()]
    passwords = {row[0]: row[1] for row in rows if len(row) > 2 and row[0].isascii()}
    assert len(passwords) > 5, "the demo prints an account for each role"
    return passwords


@pytest.fixture(scope="module")
def site(demo: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a copy of the demo; each module of journeys writes into its own."""
    made, passwords = demo
    var = tmp_path_factory.mktemp("site") / "var"
    shutil.copytree(made, var)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = var / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=_environment(var, port),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/healthz", server, log)
        yield Site(url, var, passwords)
    finally:
        server.terminate()
        server.wait(20)
    text = log.read_text()
    assert not re.search(r" (ERROR|CRITICAL) |Traceback", text), text[-4000:]


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"no answer from the server\n{log.read_text()[-3000:]}")


# --- The browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "make test installs Debian's chromium"
    return {"executable_path": chromium, "args": CHROMIUM_OPTIONS, "headless": True}


class Complaints:
    """What the browser and the server say is wrong with the pages."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected = 200

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))
        page.on("response", self._response)
        page.on("requestfailed", self._request_failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.found.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _request_failed(self, request: Request) -> None:
        # A request that was under way when the person went on to another page is no fault.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.found.append(f"{request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.expected:
            self.found.append(f"{response.status} {response.request.method} {response.url}")


def keyboard(page: Page) -> Keyboard:
    """Return the keyboard as soon as the page listens to it: what is typed before is lost, or goes to the page before.

    After a click or Enter that leads on, wait first for something that only the next page has.
    """
    page.wait_for_load_state()
    return page.keyboard


@dataclass
class Visitor:
    """One person at one browser window."""

    page: Page
    site: Site
    complaints: Complaints

    def go(self, path: str) -> Page:
        """Open a page of the site by its path."""
        self.page.goto(self.site.url + path)
        return self.page

    def login(self, username: str) -> Page:
        """Log in by typing name and password and pressing Enter."""
        self.go("/login/")
        self.page.get_by_label("登录名").focus()
        keys = keyboard(self.page)
        keys.type(username)
        keys.press("Tab")
        keys.type(self.site.passwords.get(username, PASSWORD))
        keys.press("Enter")
        self.page.wait_for_url("**/office/")
        return self.page

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page under var/journeys/."""
        size = self.page.viewport_size or {"width": 0}
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}_{size['width']}.png", full_page=True)

    def check_accessible(self) -> None:
        """Fail on any violation that axe finds on the page as it stands."""
        found = Axe().run(self.page).response["violations"]
        assert not found, f"{self.page.url}\n" + "\n".join(
            f"{v['id']}: {v['help']}: " + "; ".join(node["html"][:200] for node in v["nodes"][:3]) for v in found
        )

    def check_no_sideways_scroll(self) -> None:
        """Fail when the page is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Give a function that opens a window: ``visit(size=PHONE, javascript=False)``; complaints fail the journey."""
    contexts: list[BrowserContext] = []
    complaints = Complaints()

    def open_window(size: tuple[int, int] = OFFICE, javascript: bool = True, **more: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=javascript, locale="zh-CN",
            timezone_id="Asia/Shanghai", **more,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        complaints.listen(page)
        return Visitor(page, site, complaints)

    yield open_window
    for context in contexts:
        context.close()
    assert not complaints.found, "\n".join(complaints.found)
