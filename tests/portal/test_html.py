"""Every page that any test fetches is parsed strictly; here that this check itself sees what it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as real
from tests.html import faults_of

pytestmark = pytest.mark.once

PAGE = '<!DOCTYPE html><html lang="zh-CN"><head><title>账</title></head><body><h1>账</h1>{}</body></html>'
_answer = {"html": PAGE.format("")}


def broken(request: Any) -> HttpResponse:
    return HttpResponse(_answer["html"])


urlpatterns = [*real, path("broken/", broken)]


def test_a_good_page_has_no_faults() -> None:
    good = '<form><label for="q">查</label><input id="q" name="q" aria-describedby="h"><p id="h">写楼号</p></form>'
    assert faults_of(PAGE.format(good)) == ()
    assert faults_of("<p>一段</p>") == () and faults_of("") == ()


@pytest.mark.parametrize(
    "body",
    [
        "<p>没有结束的<b>粗体</p>",
        "<table><p>表里的段</p></table>",
        "<ul></li></ul>",
        '<p id="a"></p><p id="a"></p>',
        '<p class="a" class="b"></p>',
        "<p>&nosuchthing;</p>",
        '<label for="nothing">名</label>',
        '<p aria-describedby="nothing">名</p>',
        '<input name="q">',
        '<img src="/a.png">',
        '<p style="color:red">红</p>',
        '<a href="#" onclick="go()">去</a>',
        "<h1>第二个</h1>",
        "<p><div></div></p>",
    ],
)
def test_a_fault_is_seen(body: str) -> None:
    assert faults_of(PAGE.format(body))


@pytest.mark.parametrize(
    "page",
    [
        PAGE.format("").replace(' lang="zh-CN"', ""),
        PAGE.format("").replace("<title>账</title>", ""),
        PAGE.format("").replace("<title>账</title>", "<title> </title>"),
        PAGE.format("").replace("<h1>账</h1>", ""),
        PAGE.format("") + "<p>after the end</p>",
    ],
)
def test_a_fault_of_the_whole_page_is_seen(page: str) -> None:
    assert faults_of(page)


@pytest.mark.urls(__name__)
def test_control_the_test_client_fails_on_an_invalid_page(db: None) -> None:
    Client().get("/broken/")
    _answer["html"] = PAGE.format("<p>没有结束的<b>粗体</p>")
    try:
        with pytest.raises(AssertionError, match="no valid page"):
            Client().get("/broken/")
    finally:
        _answer["html"] = PAGE.format("")


def test_error_pages_are_valid_too(db: None, client: Client) -> None:
    assert client.get("/nowhere/").status_code == 404
    assert client.get("/compounds/none/").status_code == 404
    assert client.get("/verify/XXXX/").status_code in (200, 404)
    assert Client(enforce_csrf_checks=True).post("/verify/").status_code == 403
