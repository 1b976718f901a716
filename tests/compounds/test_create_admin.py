"""The first account: its one-time password, what it may do, and that a name is given once."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compounds.choices import Role
from compounds.permissions import areas_of, can_administer_accounts
from core.models import Entry, User

pytestmark = pytest.mark.django_db


def create(username: str, *options: str) -> tuple[str, str, int]:
    """Run the command; return what it prints, its complaints, and its exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("create_admin", username, *options, stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), int(str(end.code))
    return out.getvalue(), err.getvalue(), 0


def test_it_keeps_accounts_and_sees_no_money() -> None:
    out, _, code = create("zhang.min", "--name", "张敏")
    assert code == 0
    user = User.objects.get(username="zhang.min")
    today = timezone.localdate()
    assert can_administer_accounts(user, today)
    assert areas_of(user, today) == []
    assert areas_of(user, today, [Role.ACCOUNT_ADMIN]) == [settings.DISTRICT_CODE]
    assert user.name == "张敏" and user.must_change_password
    assert Entry.objects.about("core.user", user.pk).filter(action="user.create", actor_name="系统").exists()
    password = next(line.partition("：")[2] for line in out.splitlines() if line.startswith("一次性密码"))
    assert user.check_password(password)
    assert password not in "".join(Entry.objects.values_list("data", flat=True))


def test_its_first_login_leads_to_a_password_of_its_own_then_to_the_accounts() -> None:
    result = json.loads(create("zhang.min", "--json")[0])
    client = Client()
    client.post(reverse("login"), {"username": "zhang.min", "password": result["password"]})
    assert client.get("/admin/").headers["Location"] == reverse("password")
    own = "huai-yin-li-2-lou"
    client.post(reverse("password"), {"old": result["password"], "new": own, "again": own})
    page = client.get(reverse("admin:core_user_add"))
    assert page.status_code == 200


@pytest.mark.parametrize("taken", ["system", "zhang.min"])
def test_a_name_is_given_once(taken: str) -> None:
    create("zhang.min")
    before = User.objects.count(), User.objects.get(username=taken).password
    out, err, code = create(taken)
    assert (code, out) == (1, "")
    assert "已经有人用了" in err
    assert (User.objects.count(), User.objects.get(username=taken).password) == before


@pytest.mark.parametrize("wrong", ["张敏", "zhang min", "", "a" * 41])
def test_a_name_that_cannot_be_typed_is_refused(wrong: str) -> None:
    out, _, code = create(wrong, "--json")
    assert code == 1
    assert json.loads(out)["errors"][0]["reason"]
    assert not User.objects.people().exists()
