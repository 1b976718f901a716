"""What every residents' page begins with: no login, open to caches, where its compound lies and whom to ask there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from compounds.models import Area, Compound

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """Open a page to everyone and to caches; it differs by the cookie of the type size only."""

    @require_safe
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, public=True, max_age=60)
        patch_vary_headers(response, ["Cookie"])
        return response

    return inner


@dataclass(frozen=True)
class Asked:
    """Whom residents ask: the community's office, what it lacks from the street's."""

    name: str
    place: str
    phone: str


def place_of(compound: Compound) -> dict[str, Any]:
    """Return where a compound lies, and whom to ask there."""
    areas = list(Area.objects.containing(compound.area_code))
    near = [area for area in reversed(areas) if area.level != "district"]
    community = near[0] if near else None
    with_phone = next((area for area in near if area.phone), community)
    return {
        "areas": areas,
        "community": community,
        "asked": Asked(
            name={"community": "社区", "street": "街道"}.get(with_phone.level, "") if with_phone else "",
            place=next((area.office for area in near if area.office), ""),
            phone=with_phone.phone if with_phone else "",
        ),
    }
