"""Long lists in pages: whatever stands in ``?page=``, there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50


def page_of(items: QuerySet[Any] | Sequence[Any], request: HttpRequest, per: int = PER_PAGE) -> Page[Any]:
    """Return the page of a list that ``?page=`` asks for: the first for what is no number, the last for too high.

    A fixed two queries for a QuerySet, which must be ordered. ``core/components/pages.html`` draws the links.
    """
    return Paginator(items, per).get_page(request.GET.get("page"))
