"""The sheet of keys as a page; with the script it opens at the foot of any page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.views.office.door import OfficeRequest, in_scope


@require_safe
@in_scope
def keys(request: OfficeRequest) -> HttpResponse:
    """List the keys that all pages share; a page's own stand beside its buttons."""
    return render(request, "portal/office/keys.html")
