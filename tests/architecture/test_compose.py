"""The files that carry the product into production agree with each other and with the settings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
PRODUCT = ("web", "worker", "beat", "migrate")
# Read by the settings, but fixed in the image (WUHAO_VAR) or of the machine outside it (PORT).
ELSEWHERE = {"WUHAO_VAR", "PORT"}


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(COMPOSE.read_text())
    return loaded


def names_read_by_the_settings() -> set[str]:
    """Return every environment variable that config/settings.py asks for."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text())
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]):
                names.add(name)
    return names


def names_of_the_example(commented: bool) -> set[str]:
    sign = "#? ?" if commented else ""
    return set(re.findall(rf"^{sign}([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_compose_follows_the_schema() -> None:
    """docker-compose itself is not needed: the schema is shipped with the checker."""
    checker = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_images_are_pinned() -> None:
    for name, service in compose()["services"].items():
        assert re.fullmatch(r"[a-z]+:[0-9][\w.-]*", service["image"]), name
        assert not service["image"].endswith("latest"), name
    assert re.search(r"^FROM python:3\.11-slim-bookworm$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_named_volumes_are_declared_and_used() -> None:
    used = {
        volume.split(":")[0]
        for service in compose()["services"].values()
        for volume in service.get("volumes", ())
        if not volume.startswith((".", "/"))
    }
    assert used == set(compose()["volumes"])


def test_mounted_files_are_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in compose()["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith(".")
    ]
    assert mounted
    for name in mounted:
        assert (ROOT / name).is_file(), name


def test_every_service_is_waited_for_by_its_state() -> None:
    """``depends_on`` names services that exist; one waited for as healthy has a check, one as completed no restart."""
    services = compose()["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, (name, other)
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other
            else:
                assert services[other]["restart"] == "no", other


def test_every_variable_of_compose_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    assert asked
    assert asked <= names_of_the_example(commented=False)


def test_the_example_sets_nothing_that_nobody_reads() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    assert names_of_the_example(commented=False) == asked
    assert names_of_the_example(commented=True) <= asked | names_read_by_the_settings()


def test_everything_the_settings_read_stands_in_the_example() -> None:
    read = names_read_by_the_settings()
    assert {"DATABASE_URL", "SECRET_KEY", "WUHAO_VAR"} <= read
    assert read <= names_of_the_example(commented=True)


@pytest.mark.parametrize("service", PRODUCT)
def test_compose_hands_the_product_what_the_settings_read(service: str) -> None:
    given = set(compose()["services"][service]["environment"])
    assert given <= names_read_by_the_settings() - ELSEWHERE
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL"} <= given


def test_web_and_workers_are_no_owner_of_the_tables() -> None:
    """The owner could switch the triggers off (quality.md, trap 5); only ``migrate`` is the owner."""
    services = compose()["services"]
    owner = services["database"]["environment"]["POSTGRES_USER"]
    for name in PRODUCT:
        user = services[name]["environment"]["DATABASE_URL"].split("//")[1].split(":")[0]
        assert (user == owner) == (name == "migrate"), name


def system_packages(purpose: str) -> list[str]:
    rows = [line.split() for line in (ROOT / "tools" / "system-packages.txt").read_text().splitlines()]
    return [row[0] for row in rows if row[1:2] == [purpose]]


def test_system_packages_are_listed_once() -> None:
    """Set-up and image read the one list; what the start check tells people to install is on it."""
    from core.pdf import APT_LINE

    named = set(APT_LINE.partition("install -y ")[2].split())
    assert named and named <= set(system_packages("run"))
    for name in ("Dockerfile", "tools/setup.sh"):
        text = (ROOT / name).read_text()
        assert "tools/system-packages.txt" in text, name
        assert "libpango" not in text, name


def test_the_two_lock_files_agree() -> None:
    """Tests run against the very versions that are installed in production; every line is hashed."""
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins[name] = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
        assert pins[name] and text.count("==") <= text.count("--hash=sha256:"), name
        assert "://" not in text, name
    for package, version in pins["requirements.txt"].items():
        assert pins["requirements-dev.txt"][package] == version, package
