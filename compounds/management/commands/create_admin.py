"""Make the first account: the district's account administrator, who makes all others in /admin/."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from compounds.admin import UserForm
from compounds.choices import Role
from compounds.operations import appoint
from compounds.permissions import has_role
from core.commands import ProductCommand, Refused
from core.models import User
from core.operations import create_user, draw_password


class Command(ProductCommand):
    help = "建立第一个账号：区账号管理员。一次性密码只显示这一次。"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="登录名：英文字母、数字、点和横线")
        parser.add_argument("--name", default=Role.ACCOUNT_ADMIN.label, help="姓名")

    def run(self, **options: Any) -> dict[str, Any]:
        username, name = options["username"], options["name"]
        today = timezone.localdate(self.at)
        self.require(self.actor, has_role(self.actor, [Role.ACCOUNT_ADMIN], settings.DISTRICT_CODE, today))
        if User.objects.filter(username=username).exists():
            raise Refused(f'登录名"{username}"已经有人用了。忘了密码，请账号管理员在 /admin/ 另打印一张密码条。')
        form = UserForm({"username": username, "name": name, "is_active": True})
        if not form.is_valid():
            raise Refused("没有建立账号。", [{"reason": why} for whys in form.errors.values() for why in whys])
        password = draw_password()
        with transaction.atomic():
            user = create_user(
                form.cleaned_data["username"],
                form.cleaned_data["name"],
                actor=self.actor,
                at=self.at,
                password=password,
                must_change_password=True,
            )
            appoint(user, Role.ACCOUNT_ADMIN, settings.DISTRICT_CODE, today, None, actor=self.actor, at=self.at)
        return {"username": user.username, "password": password, "area_code": settings.DISTRICT_CODE, "errors": []}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"登录名：{result['username']}"
        yield f"一次性密码：{result['password']}"
        yield f"请到 {settings.PUBLIC_URL}/login/ 登录，先换密码，再到 /admin/ 建立别的账号和任职。"
