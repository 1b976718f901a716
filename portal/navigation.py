"""What every page shows around its text: the links of the residents' site, and of the office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from compounds.models import COMPOUND_CODE_LENGTH, Area, Compound
from compounds.permissions import KEEPERS, areas_of
from compounds.rules import COMMUNITY_CODE_LENGTH
from core.models import Job, User
from fees.permissions import issuing_areas
from portal.permissions import Scope, can_open_admin

LARGE = "large"
NORMAL = "normal"


def type_cookie() -> str:
    """Return the name of the cookie that keeps the size of type."""
    return "__Host-type" if settings.HTTPS else "type"


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the variable ``navigation`` (and on office pages ``office``) of every template."""
    shown = {"navigation": public_navigation(request)}
    if request.path.startswith("/office/"):
        shown["office"] = office_navigation(request)
    return shown


# --- Residents' pages ---------------------------------------------------------------------------------------------


def public_navigation(request: HttpRequest, back: str = "") -> dict[str, Any]:
    """Return the residents' links and the switch of type size, which leads back here; reads one cookie, no session."""
    large = request.COOKIES.get(type_cookie()) == LARGE
    switch = urlencode({"size": NORMAL if large else LARGE, "next": back or request.get_full_path()})
    return {
        "large": large,
        "home": reverse("home"),
        "line": f"{settings.DISTRICT_NAME.rpartition('市')[2]}老旧小区服务管理公开",
        "links": [
            {"href": reverse("home"), "text": "查小区"},
            {"href": reverse("verify"), "text": "核验公示"},
        ],
        "foot_links": [
            {"href": reverse("privacy"), "text": "本站怎么保护个人信息"},
            {"href": reverse("login"), "text": "工作人员登录"},
        ],
        "type_size": {"href": f"{reverse('type_size')}?{switch}", "text": "标准字" if large else "大字版"},
    }


# What the office's pages are called, by the part of their address that tells them apart: a compound's, then the others.
COMPOUND_PAGES = {
    "": "小区概况",
    "register": "房屋",
    "dwellings": "房屋",
    "owners": "产权人",
    "surveys": "调查",
    "notices": "公告",
    "facts": "小区情况",
    "buildings": "楼和单元",
    "units": "产权单位",
    "things": "设施和公共资源",
    "photographs": "小区照片",
    "move": "划归别的社区",
    "steps": "步骤",
    "ballots": "表决",
    "representatives": "居民代表",
    "drafts": "凭证草稿",
    "books": "凭证和账簿",
    "memo": "往来和账外",
    "accounts": "账户",
    "assets": "资产台账",
    "closing": "结账",
    "ledgers": "收支公示",
    "handover": "交接清单",
    "calendar": "所有期限",
}
OFFICE_PAGES = {
    "": "待办",
    "password": "改密码",
    "desk": "换人",
    "pin": "换人的六位数字",
    "search": "查找",
    "scope": "换范围",
    "compounds": "全部小区",
    "programme": "八步进度表",
    "reports": "月报",
    "review": "复核凭证",
    "ledgers": "张贴收支公示",
    "calendar": "所有期限",
    "jobs": "后台任务",
    "keys": "按键",
    "look": "样式",
    "history": "操作记录",
    "attachments": "票据照片",
    "shared-accounts": "共用账户",
    "appointments": "任职",
    "handovers": "工作移交",
    "register": "房屋表",
}


def page_words(path: str) -> str:
    """Return what the office page of an address is called; an address of no page is 没有的网页."""
    parts = [*path.strip("/").split("/"), "", "", ""]
    named = COMPOUND_PAGES.get(parts[3]) if parts[1] == "compounds" and parts[2] else OFFICE_PAGES.get(parts[1])
    return named or "没有的网页"


# --- The office ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """What a key does on the office's pages; the script reads it from the sheet of keys, so they cannot differ.

    ``on``: the key's names in the browser, none where the browser itself does it; ``does``: what the script does;
    ``needs``: what a page must have for it.
    """

    caps: tuple[str, ...]
    text: str
    on: str = ""
    does: str = ""
    needs: str = ""


# Streets and the district report (月报): so long are their codes at most.
LONGEST_REPORTING = 9
LIST, NUMBERED, ENTRY = "[data-queue] [data-row]", "[data-queue] [data-number]", "form[data-entry]"
ANSWERS = "form[data-answers]"
PAPER = "form[data-paper]"
KEYS = (
    Key(("/",), "查小区、房屋、凭证", "/", "search", "#search"),
    Key(("J",), "下一条", "j", "next", LIST),
    Key(("K",), "上一条", "k", "previous", LIST),
    Key(("Enter",), "打开这一条", "enter", "open", LIST),
    Key(("1", "9"), "直接打开前面的九条", "1 2 3 4 5 6 7 8 9", "straight", NUMBERED),
    Key(("Enter",), "下一格", needs=ENTRY),
    Key(("=",), "照抄上一笔", needs=ENTRY),
    Key(("0", "9"), "选这一题的第几项，0是没有答", needs=ANSWERS),
    Key(("Enter",), "下一题，最后一题存好", needs=ANSWERS),
    Key(("↑",), "上一题", needs=ANSWERS),
    Key(("1", "8"), "选这一题，单选的选好就到下一题", needs=PAPER),
    Key(("0",), "这一题没有填", needs=PAPER),
    Key(("9",), "这一题无效", needs=PAPER),
    Key(("-",), "这一题写的是弃权", needs=PAPER),
    Key(("+",), "后面没录的题都和第一题一样", needs=PAPER),
    Key(("?",), "存疑，交给第三个人", needs=PAPER),
    Key(("←",), "回上一题", needs=PAPER),
    Key(("Enter",), "到没录的题；都录了就存好，下一张", needs=PAPER),
    Key(("?",), "看这一页的键", "?", "sheet", needs="html:not(.at-paper)"),
    Key(("Esc",), "收起这张键表", "escape", "close"),
)


def office_navigation(request: HttpRequest) -> dict[str, Any]:
    """Return what the office's masthead shows: the scope and whether another can be chosen, role, running jobs.

    Two queries; the scope was noted by the door of the page, and an error page has none.
    """
    scope: Scope | None = getattr(request, "scope", None)
    if scope is None:
        return {}
    shown: dict[str, Any] = {
        "home": reverse("workbench"),
        "password_url": reverse("password"),
        "logout_url": reverse("logout"),
        "desk_url": f"{reverse('desk')}?{urlencode({'next': request.get_full_path()})}"
        if request.method == "GET"
        else reverse("desk"),
        "pin_url": reverse("pin"),
        "role": scope.role,
        "keys": KEYS,
        "keys_url": reverse("keys"),
    }
    links = []
    if scope.prefixes:
        name, url = _scope_name(scope, getattr(request, "compound", None))
        running: int | None = getattr(request, "running", None)
        if running is None:
            running = Job.objects.tops().within(list(scope.prefixes)).unfinished().count()
        shown |= {
            "scope_name": name,
            "scope_url": url,
            "switch_url": reverse("scope"),
            "search_url": reverse("office_search"),
            "jobs_url": reverse("jobs"),
            "running": running,
        }
        links = [
            {"href": reverse("workbench"), "text": "待办"},
            {"href": reverse("office_compounds"), "text": "全部小区"},
            {"href": reverse("programme"), "text": "八步进度表"},
            {"href": reverse("review"), "text": "复核凭证"},
            {"href": reverse("shared_accounts"), "text": "共用账户"},
            {"href": reverse("calendar"), "text": "所有期限"},
            {"href": reverse("appointments"), "text": "任职"},
            {"href": reverse("jobs"), "text": "后台任务"},
            {"href": reverse("history"), "text": "操作记录"},
        ]
        if any(len(prefix) <= LONGEST_REPORTING for prefix in scope.prefixes):
            links.insert(3, {"href": reverse("reports"), "text": "月报"})
        user: User = request.user  # type: ignore[assignment]
        if areas_of(user, timezone.localdate(), KEEPERS):
            links.insert(2, {"href": reverse("uploads"), "text": "导入房屋表"})
        if issuing_areas(user, timezone.localdate()):
            links.insert(-3, {"href": reverse("publish"), "text": "张贴收支公示"})
    if can_open_admin(request.user, timezone.localdate()):  # type: ignore[arg-type]
        links.append({"href": reverse("admin:index"), "text": "账号和基础数据"})
    return shown | {"links": links}


def _scope_name(scope: Scope, shown: Compound | None) -> tuple[str, str]:
    """Return the name of the area one works in, or how many areas they are, and the page that lists it."""
    listed = reverse("office_compounds")
    if not scope.code:
        return f"{len(scope.prefixes)}处", listed
    if len(scope.code) == COMPOUND_CODE_LENGTH:
        same = shown is not None and shown.area_code == scope.code
        compound = shown if same else Compound.objects.filter(area_code=scope.code).first()
        return (compound.name, reverse("office_compound", args=[compound.code])) if compound else (scope.code, listed)
    if shown is not None and scope.code == shown.area_code[:COMMUNITY_CODE_LENGTH]:
        known = getattr(shown, "community_name", None)
        if known:
            return known.removeprefix("北京市"), listed
    area = Area.objects.filter(code=scope.code).first()
    return (area.name if area else scope.code).removeprefix("北京市"), listed
