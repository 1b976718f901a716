"""The base of the reference-data pages: written changes stand in the history, nothing is ever deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from core.models import User
from core.operations import record


class KeptAdmin(admin.ModelAdmin):
    """A page of Django's admin whose writes are recorded by us and which has no way to delete.

    Subclasses say with ``may_keep`` who may use it; Django's own permissions and log are not used.
    """

    list_per_page = 50

    def may_keep(self, request: HttpRequest) -> bool:
        """Return whether the user keeps this kind of data."""
        return False

    def area_of(self, obj: Any) -> str:
        """Return the area to which the history counts a change of this object."""
        return ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may_keep(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_keep(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_keep(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_keep(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Save and record what was changed, before and after, in one transaction."""
        kind = obj._meta.model_name
        names = [name for name in form.changed_data if name in form.cleaned_data]
        before = {name: str(form.initial.get(name) or "") for name in names}
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record(
                f"{kind}.{'change' if change else 'create'}",
                f"{'修改' if change else '新建'}{obj._meta.verbose_name}：{obj}",
                actor=_person(request),
                at=timezone.now(),
                area_code=self.area_of(obj),
                subject=obj,
                data={"before": before, "after": {name: str(form.cleaned_data[name]) for name in names}},
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the history of the product has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the history of the product has it."""


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
