"""Commands end with 0, 1 or 2; --json is one object and nothing else; refused means unchanged."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, load_command_class

import compounds
from compounds.choices import AreaLevel, Role
from compounds.imports import DWELLINGS
from compounds.models import Area, Compound, Dwelling
from compounds.operations import appoint
from core.models import Entry, User
from core.spreadsheets import Table, write_workbook

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
COMMUNITY = "110107003024"
SHIPPED = Path(compounds.__file__).parent / "data" / "shijingshan_communities.csv"


@pytest.fixture
def community() -> Area:
    Area.objects.create(code="110107003", name="八角街道", level=AreaLevel.STREET)
    return Area.objects.create(code=COMMUNITY, name="八角南里社区", level=AreaLevel.COMMUNITY)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.xlsx"
    path.write_bytes(content(["501", "502", "503"]))
    return path


def content(rooms: list[str], area: object = Decimal("61.20")) -> bytes:
    headings = [column.heading for column in DWELLINGS.columns][:5]
    return write_workbook([Table("房屋", headings, [["槐荫里", "3", "2", room, area] for room in rooms])])


class Answer:
    """What a command said and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *args: str | Path) -> None:
        self.code: object = 0
        name, *rest = map(str, args)
        command = load_command_class("compounds", name)
        command._called_from_command_line = True  # else a wrong use raises instead of ending with 2
        try:
            options = vars(command.create_parser("manage.py", name).parse_args(rest))
            # Not run_from_argv, which closes the test's connection.
            command.execute(*options.pop("args", ()), **options)
        except SystemExit as end:
            self.code = end.code
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> dict[str, Any]:
        assert self.err == ""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


# --- import_areas ------------------------------------------------------------------------------------------------


def test_the_shipped_list_makes_nine_streets_and_153_communities(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(SHIPPED.read_text(encoding="utf-8").splitlines()))
    expected = {r["community_code"]: r["community_name"] for r in rows} | {
        r["street_code"]: r["street_name"] for r in rows
    }

    first = Answer(capsys, "import_areas", SHIPPED, "--json")
    assert (first.code, first.json) == (0, {"rows": 153, "new": 162, "changed": 0, "unchanged": 0})
    assert dict(Area.objects.exclude(level=AreaLevel.DISTRICT).values_list("code", "name")) == expected
    assert (Area.objects.streets().count(), Area.objects.communities().count()) == (9, 153)

    again = Answer(capsys, "import_areas", SHIPPED)
    assert (again.code, again.out, again.err) == (0, "153行：新增0个，改名0个，未变162个。\n", "")


def test_a_bad_list_is_refused_by_its_cell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    head = "street_code,street_name,community_code,community_name"
    path.write_text(f"{head}\n110107003,八角街道,110107003024,甲\n110107003,八角街道,110107004025,乙\n")

    refused = Answer(capsys, "import_areas", path, "--json")
    assert refused.code == 1
    assert [error["cell"] for error in refused.json["errors"]] == ["C3"]
    plain = Answer(capsys, "import_areas", path)
    assert (plain.code, plain.out) == (1, "")
    assert "C3" in plain.err
    assert Area.objects.count() == 1


# --- import_register ---------------------------------------------------------------------------------------------


def test_preview_writes_nothing_and_apply_everything(
    capsys: pytest.CaptureFixture[str], community: Area, register: Path
) -> None:
    command = ("import_register", register, "--community", COMMUNITY, "--json")
    expected = {
        "rows": 3, "new": 3, "changed": 0, "unchanged": 0, "errors": [], "to_confirm": [], "warnings": [],
        "compounds": [{"name": "槐荫里", "code": COMMUNITY + "01"}], "applied": False,
    }  # fmt: skip

    assert Answer(capsys, *command).json == expected
    assert Compound.objects.count() == 0
    assert Answer(capsys, *command, "--apply").json == {**expected, "applied": True}
    assert Dwelling.objects.count() == 3
    assert Entry.objects.get(action="register.import").actor_name == User.objects.get(username="system").name
    again = Answer(capsys, *command, "--apply")
    assert (again.code, again.json["new"], again.json["unchanged"]) == (0, 0, 3)


def test_one_bad_cell_keeps_everything_out(capsys: pytest.CaptureFixture[str], community: Area, tmp_path: Path) -> None:
    path = tmp_path / "bad.xlsx"
    path.write_bytes(content(["501", "502", "501"]))
    command = ("import_register", path, "--community", COMMUNITY)

    refused = Answer(capsys, *command, "--apply", "--json")
    assert refused.code == 1
    assert [(e["sheet"], e["cell"]) for e in refused.json["errors"]] == [("房屋", "D4")]
    assert (refused.json["rows"], refused.json["new"]) == (3, 2)
    plain = Answer(capsys, *command, "--apply")
    assert (plain.code, plain.out) == (1, "")
    assert plain.err.splitlines()[0] == "有1处要改，一行也没有导入。"
    assert plain.err.splitlines()[1].startswith("房屋 D4：第2行")
    assert Answer(capsys, *command, "--json").code == 1
    assert (Compound.objects.count(), Entry.objects.count()) == (0, 0)


@pytest.mark.parametrize("bad", [b"", b"name,area\n", b"PK\x03\x04 no workbook", b"<html></html>"])
def test_a_file_that_is_no_workbook_ends_with_1(
    capsys: pytest.CaptureFixture[str], community: Area, tmp_path: Path, bad: bytes
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(bad)

    refused = Answer(capsys, "import_register", path, "--community", COMMUNITY, "--json")
    assert refused.code == 1
    assert refused.json["errors"][0]["cell"] == ""
    assert refused.json["rows"] == 0


def test_what_is_not_there_is_refused_and_wrong_use_is_2(
    capsys: pytest.CaptureFixture[str], community: Area, register: Path, tmp_path: Path
) -> None:
    for args in (
        [tmp_path / "missing.xlsx", "--community", COMMUNITY],
        [register, "--community", "110107003999"],
        [register, "--community", COMMUNITY, "--as", "nobody"],
        [register],
    ):
        refused = Answer(capsys, "import_register", *args)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err
    for args in ([], [register, "--wrong"], [register, "--community"]):
        assert Answer(capsys, "import_register", *args).code == 2
    assert Compound.objects.count() == 0


def test_a_person_imports_only_in_their_own_scope(
    capsys: pytest.CaptureFixture[str], community: Area, register: Path
) -> None:
    system = User.objects.get(username="system")
    Area.objects.create(code="110107003025", name="八角北里社区", level=AreaLevel.COMMUNITY)
    for name, role, area in (
        ("here", Role.COMMUNITY_CLERK, COMMUNITY),
        ("there", Role.COMMUNITY_CLERK, "110107003025"),
        ("auditor", Role.AUDITOR, COMMUNITY),
    ):
        user = User.objects.create(username=name, name=name, created_at=AT)
        appoint(user, role, area, date(2020, 1, 1), actor=system, at=AT)
    command = ("import_register", register, "--community", COMMUNITY, "--apply", "--json", "--as")

    for name in ("there", "auditor"):
        assert Answer(capsys, *command, name).code == 1
    assert Compound.objects.count() == 0
    assert Answer(capsys, *command, "here").code == 0
    assert Entry.objects.get(action="register.import").actor_name == "here"
    assert Answer(capsys, "import_areas", SHIPPED, "--as", "here").code == 1


def test_a_switched_off_account_commands_nothing(
    capsys: pytest.CaptureFixture[str], community: Area, register: Path
) -> None:
    User.objects.create(username="off", name="off", created_at=AT, is_active=False)

    assert Answer(capsys, "import_register", register, "--community", COMMUNITY, "--as", "off").code == 1


def test_a_clash_of_two_names_is_told_to_people_too(
    capsys: pytest.CaptureFixture[str], community: Area, tmp_path: Path
) -> None:
    path = tmp_path / "names.xlsx"
    headings = ["小区", "楼号", "房号", "建筑面积", "产权人", "产权人电话"]
    rows = [
        ["槐荫里", "3", "501", 60, "张伟", "13800001234"],
        ["槐荫里", "3", "502", 60, "张伟", ""],
        ["槐荫里", "3", "503", 60, "李四", "13800001234"],
    ]
    path.write_bytes(write_workbook([Table("房屋", headings, rows)]))

    answer = Answer(capsys, "import_register", path, "--community", COMMUNITY)
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "预览，还没有写入：3行，新增3户，修改0户，未变0户。",
        f"小区 {COMMUNITY}01 槐荫里",
        "同名待确认：张伟，2处。",
        "请核对 房屋 F4：电话138****1234在F2是张*的，在这里是李*的。请核对。",
    ]


def test_the_command_can_be_called_from_code(community: Area, register: Path) -> None:
    with pytest.raises(SystemExit) as end:
        call_command("import_register", str(register), community="110107003999")
    assert end.value.code == 1
