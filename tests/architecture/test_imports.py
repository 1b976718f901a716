"""The two orders hold: apps import only to the left, files only downwards, and there are no other files."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from importlinter.cli import lint_imports

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
APPS = ("core", "compounds", "ballots", "fees", "portal")

# architecture.md, "a closed vocabulary", with what it allows besides.
VOCABULARY = {
    "choices", "rules", "models", "documents", "operations", "forms", "imports", "permissions", "tasks", "views",
    "admin", "management", "urls", "apps", "migrations", "templatetags", "checks",
}  # fmt: skip
HELPERS = {
    "core": {
        "charts", "codes", "commands", "guesses", "hashing", "insert_only", "jobs", "masking", "middleware", "money", "pages",
        "papers", "passwords", "pdf", "spreadsheets", "storage",
    },
    "compounds": {"verdicts"},
    "ballots": {"verdicts"},
    "fees": {"anchors", "verification", "verdicts"},
    "portal": {"stages", "demo", "keeping", "navigation", "waiting"},
}  # fmt: skip


def modules_of(app: str) -> set[str]:
    """Return the names of an app's modules and packages."""
    found = {path.stem for path in (ROOT / app).glob("*.py") if path.stem != "__init__"}
    return found | {path.parent.name for path in (ROOT / app).glob("*/__init__.py")}


def files(*names: str) -> Iterator[Path]:
    """Yield the source files of these modules, or all files of packages by these names, in every app."""
    for app in APPS:
        for name in names:
            single = ROOT / app / f"{name}.py"
            if single.exists():
                yield single
            yield from sorted((ROOT / app / name).rglob("*.py"))


def test_the_contracts_hold(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    said = capsys.readouterr().out
    assert not failed, said
    assert "Files: a closed vocabulary" in said and "Apps: a total order" in said


@pytest.mark.parametrize("app", APPS)
def test_every_file_has_a_name_of_the_vocabulary(app: str) -> None:
    """No utils.py, no services.py: what a thing is says where it stands."""
    assert modules_of(app) - VOCABULARY - HELPERS.get(app, set()) == set()


def test_the_vocabulary_has_no_dead_words() -> None:
    """A helper that is gone is struck from the list, so that the list stays true."""
    for app, helpers in HELPERS.items():
        assert helpers <= modules_of(app)


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_rules_know_neither_django_nor_input_and_output() -> None:
    for path in files("rules"):
        loose = {n for n in imported(path) if n.split(".")[0] in ("django", "os", "pathlib", "time", "random", "io")}
        assert not loose, path


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


CLOCKS = {
    "timezone.now", "timezone.localtime", "datetime.now", "datetime.today", "datetime.utcnow", "date.today",
    "time.time",
}  # fmt: skip


def test_the_clock_is_read_at_the_doors_only() -> None:
    """``at`` is handed down; a rule or an operation that asks the clock cannot be tested or replayed (R5)."""
    inner = files("rules", "models", "documents", "operations", "permissions", "imports", "verification", "verdicts")
    found = [f"{path.relative_to(ROOT)}:{line}" for path in inner for line, name in calls(path) if name in CLOCKS]
    assert not found


def test_nobody_reads_the_clock_in_local_or_naive_time() -> None:
    """date.today() is yesterday in Beijing for eight hours of every day."""
    everything = (path for app in (*APPS, "config") for path in sorted((ROOT / app).rglob("*.py")))
    naive = CLOCKS - {"timezone.now", "timezone.localtime", "time.time"}
    found = [f"{path.relative_to(ROOT)}:{line}" for path in everything for line, name in calls(path) if name in naive]
    assert not found


def test_models_override_no_save_and_there_are_no_signals() -> None:
    for path in files("models"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not named & {"save", "delete", "clean", "full_clean"}, path
    signals = [
        str(path.relative_to(ROOT))
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if any(name.startswith("django.") and name.endswith(("signals", "dispatch")) for name in imported(path))
    ]
    assert signals == ["core/apps.py"]


def test_foreign_keys_point_left_only() -> None:
    from django.apps import apps

    order = {app: place for place, app in enumerate(("auth", "contenttypes", *APPS))}
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields():
                if field.concrete and field.is_relation and field.related_model is not None:
                    other = field.related_model._meta.app_label  # type: ignore[union-attr]
                    assert order[other] <= order[app], f"{model._meta.label}.{field.name}"


def test_writing_operations_of_the_books_lock_first() -> None:
    """Every public verb that writes is atomic, and those of the books begin at the parent's lock (quality.md D3)."""
    exempt = {
        "open_books", "money_account_of", "ensure_period", "periods_until", "lock_books",
        "start_publishing", "start_due_posting", "start_printing",  # they write a job only
        "move_with_books",  # nothing is posted; it locks the communities and the compound
        "open_shared_account",  # no book has a part in it yet
    }  # fmt: skip
    for path in sorted((ROOT / "fees" / "operations").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in exempt:
                continue
            arguments = {arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)}
            if not arguments & {"actor", "entered_by"}:
                continue
            text = ast.unparse(node)
            assert "transaction.atomic" in text, node.name
            assert any(word in text for word in ("lock_books", "_lock_period")), node.name
