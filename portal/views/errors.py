"""What people are told when something went wrong: plain, the same for all, nothing of the inside."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from portal.navigation import public_navigation

logger = logging.getLogger(__name__)


def _error(request: HttpRequest, status: int, title: str, *sentences: str) -> HttpResponse:
    """Render without any context processor: no query, and one body whatever was asked for."""
    context = {
        "title": title,
        "sentences": sentences,
        "navigation": public_navigation(request, back=reverse("home")),
    }
    response = HttpResponse(render_to_string("portal/public/error.html", context), status=status)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Cookie"])
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent cannot be read."""
    return _error(request, 400, "这个地址看不懂", "请从首页重新查找小区。")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the account's roles do not hold this act."""
    return _error(request, 403, "您的账号不能做这一步", "要办请找账号管理员，或者有这个职责的人。")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without its token, mostly an old page or refused cookies."""
    return _error(
        request, 403, "这个页面放得太久了", "您填的没有存上。请回到上一页，刷新后再填一次。浏览器要允许本站使用Cookie。"
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or none for this person; both answer the same."""
    return _error(request, 404, "没有这一页", "地址可能抄错了，也可能还没有张贴。请从首页查小区，或扫楼下公示上的码。")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: asked too often."""
    return _error(request, 429, "查得太快了", "请过一分钟再试。着急请打社区电话。")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our own trouble; the number stands in the log beside the cause."""
    number = secrets.token_hex(4).upper()
    logger.error("server error %s at %s", number, request.path[:200].encode("unicode_escape").decode())
    return _error(
        request,
        500,
        "这一页现在打不开",
        "是本站的毛病，不是您的。请过一分钟再试。",
        f"还不行请打社区电话，报这个编号：{number}",
    )
