"""Accounts, appointments, and what the district knows of its areas; opened by predicates, written by operations."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout as end_session
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compounds.choices import Role
from compounds.models import CODE_LENGTHS, Appointment, Area, Compound, Stage, StagePaper
from compounds.operations import appoint, conflicting_appointment, end_appointment
from compounds.permissions import areas_of, can_administer_accounts
from core.admin import KeptAdmin
from core.models import User
from core.operations import ONE_TIME, create_user, draw_password, record, set_active, set_password

# So many areas of one role are named in a list of accounts, more are counted.
LISTED = 3


def _today() -> date:
    return timezone.localdate()


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def keeps_reference_data(request: HttpRequest) -> bool:
    """Return whether the user keeps the district's reference data."""
    return request.user.is_authenticated and bool(areas_of(_actor(request), _today(), [Role.DISTRICT_ADMIN]))


def keeps_accounts(request: HttpRequest) -> bool:
    """Return whether the user manages accounts and appointments."""
    return request.user.is_authenticated and can_administer_accounts(_actor(request), _today())


class OfficeSite(admin.AdminSite):
    """Django's admin for those two roles; logging in and out and passwords are the product's own pages."""

    site_header = "账号和基础数据"
    site_title = "五好"
    index_title = "管什么"
    site_url = "/office/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request) or keeps_reference_data(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view; whoever is logged in without such a role is told that there is no such page."""
        inner = super().admin_view(view, cacheable)

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return response

        return checked

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), settings.LOGIN_URL)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        if request.method == "POST":
            record("logout", "退出", actor=_actor(request), at=timezone.now())
            end_session(request)
        return redirect(settings.LOGIN_URL)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect(settings.PASSWORD_URL)


site = OfficeSite()
site.disable_action("delete_selected")


# --- Accounts -----------------------------------------------------------------------------------------------------


def _within(areas: list[str]) -> Q:
    where = Q(pk__in=[])
    for code in areas:
        where |= Q(area_code__startswith=code)
    return where


def managed_users(actor: User, on: date) -> QuerySet[User]:
    """Return the persons whose accounts an account administrator manages.

    Those who hold or held something in the administrator's areas and hold nothing outside them, and those who never
    held anything: so a street's administrator cannot take over the account of the district's.
    """
    areas = areas_of(actor, on, [Role.ACCOUNT_ADMIN])
    held = Appointment.objects.filter(user=OuterRef("pk"))
    live = held.filter(Q(until_on__isnull=True) | Q(until_on__gte=on))
    here = held.filter(_within(areas))
    people = User.objects.people().filter(Exists(here) | ~Exists(held))
    return people.filter(~Exists(live.exclude(_within(areas))))


class UserForm(forms.ModelForm):
    """A new or known person's account."""

    class Meta:
        model = User
        fields = ("username", "name", "phone", "is_active")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].strip()
        if not username.isascii() or not username.replace(".", "").replace("-", "").replace("_", "").isalnum():
            raise forms.ValidationError("登录名只用英文字母、数字、点和横线。")
        return username


@admin.register(User, site=site)
class UserAdmin(KeptAdmin):
    """Accounts of people; a new or forgotten password is printed once and changed at the next login."""

    form = UserForm
    list_display = ("username", "name", "phone", "is_active", "roles")
    list_filter = ("is_active",)
    search_fields = ("username", "name")
    search_help_text = "登录名或姓名"

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_accounts(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return managed_users(_actor(request), _today()).prefetch_related("appointments")

    @admin.display(description="任职")
    def roles(self, user: User) -> str:
        today = _today()
        held = [
            a for a in user.appointments.all() if a.from_on <= today and (a.until_on is None or a.until_on >= today)
        ]
        by_role: dict[str, list[str]] = {}
        for each in held:
            by_role.setdefault(each.get_role_display(), []).append(each.area_code)
        return "；".join(
            f"{role}：{'、'.join(codes)}" if len(codes) <= LISTED else f"{role}：{len(codes)}处"
            for role, codes in by_role.items()
        )

    @admin.display(description="密码")
    def new_password(self, user: User) -> SafeString:
        return format_html('<a href="{}">打印一次性密码</a>', reverse("admin:core_user_slip", args=[user.pk]))

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("username", "name", "phone", "is_active", "new_password") if obj else ("username", "name", "phone")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        own = obj.pk == request.user.pk
        return ("username", "new_password", "is_active") if own else ("username", "new_password")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor, at = _actor(request), timezone.now()
        if not change:
            password = draw_password()
            made = create_user(obj.username, obj.name, actor=actor, at=at, phone=obj.phone, password=password)
            obj.pk, obj.created_at, obj.password = made.pk, made.created_at, made.password
            obj.must_change_password = made.must_change_password
            request.slip = password  # type: ignore[attr-defined]
            return
        with transaction.atomic():
            if "is_active" in form.changed_data:
                set_active(User.objects.get(pk=obj.pk), obj.is_active, actor=actor, at=at)
            if set(form.changed_data) & {"name", "phone"}:
                User.objects.filter(pk=obj.pk).update(name=obj.name, phone=obj.phone)
                record("user.change", f"修改账号{obj.username}的姓名或电话", actor=actor, at=at, subject=obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._slip(request, obj, request.slip)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/slip/", self.admin_site.admin_view(self.slip), name="core_user_slip")
        return [own, *super().get_urls()]

    def slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what a one-time password does; sent, draw one and show it this once."""
        if not self.may_keep(request):
            raise Http404
        user = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return self._slip(request, user, "")
        password = draw_password()
        set_password(user, password, actor=_actor(request), at=timezone.now(), one_time=True)
        return self._slip(request, user, password)

    def _slip(self, request: HttpRequest, user: User, password: str) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "title": "一次性密码", "person": user, "slip": password}
        shown |= {"until": timezone.localdate() + ONE_TIME, "site_address": settings.PUBLIC_URL}
        return TemplateResponse(request, "admin/core/user/slip.html", shown)


# --- Appointments -------------------------------------------------------------------------------------------------


class AppointmentForm(forms.ModelForm):
    """Who does what where, from when until when."""

    actor: User

    class Meta:
        model = Appointment
        fields = ("user", "role", "area_code", "from_on", "until_on")

    def clean_area_code(self) -> str:
        code: str = self.cleaned_data["area_code"].strip()
        if len(code) not in CODE_LENGTHS or not _area_name(code):
            raise forms.ValidationError("没有这个地区或小区的代码。区6位，街道9位，社区12位，小区14位。")
        if not any(code.startswith(area) for area in areas_of(self.actor, _today(), [Role.ACCOUNT_ADMIN])):
            raise forms.ValidationError("这里不归您管，不能任命。")
        return code

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if user.pk == self.actor.pk:
            raise forms.ValidationError("不能任命自己。请另一位账号管理员来办。")
        return user

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        until_on = data.get("until_on")
        from_on = data.get("from_on") or self.instance.from_on
        if until_on and from_on and until_on < from_on:
            self.add_error("until_on", "最后一天不能早于第一天。")
        if self.instance.pk and not until_on:
            self.add_error("until_on", "任职只能写明最后一天，不能改成没有期限。")
        if self.instance.pk and until_on and (self.initial.get("until_on") or date.max) <= until_on:
            self.add_error("until_on", "最后一天只能提前，不能推后。要接着做，请另建一条任职。")
        if not self.errors and not self.instance.pk:
            self._refuse_both_hands(data)
        return data

    def _refuse_both_hands(self, data: dict[str, Any]) -> None:
        """Refuse one person as cashier and bookkeeper of the same books (会计法 35)."""
        other = conflicting_appointment(
            data["user"], data["role"], data["area_code"], data["from_on"], data.get("until_on")
        )
        if other is not None:
            self.add_error(
                "role", f"同一个人不能既做出纳又做记账员：已经是{other.get_role_display()}（{other.area_code}）。"
            )


def _area_name(code: str) -> str:
    if len(code) == CODE_LENGTHS[-1]:
        return Compound.objects.filter(area_code=code).values_list("name", flat=True).first() or ""
    return Area.objects.filter(code=code).values_list("name", flat=True).first() or ""


@admin.register(Appointment, site=site)
class AppointmentAdmin(KeptAdmin):
    """Appointments: made, and ended by their last day; never changed otherwise and never removed."""

    form = AppointmentForm
    list_display = ("user", "role", "place", "from_on", "until_on", "given_by")
    list_filter = ("role",)
    list_select_related = ("user", "given_by")
    search_fields = ("user__name", "user__username", "area_code")
    search_help_text = "姓名、登录名或地区代码"

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_accounts(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        areas = areas_of(_actor(request), _today(), [Role.ACCOUNT_ADMIN])
        names = Area.objects.filter(code=OuterRef("area_code")).values("name")[:1]
        compounds = Compound.objects.filter(area_code=OuterRef("area_code")).values("name")[:1]
        found = super().get_queryset(request).filter(_within(areas))
        return found.annotate(area_name=Subquery(names), compound_name=Subquery(compounds))

    @admin.display(description="管辖范围", ordering="area_code")
    def place(self, appointment: Any) -> str:
        return f"{appointment.area_name or appointment.compound_name or ''} {appointment.area_code}"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.actor = _actor(request)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = managed_users(_actor(request), _today()).filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "role", "area_code", "from_on", "until_on")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("user", "role", "area_code", "from_on")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An ended appointment stays as it is, and nobody prolongs or ends their own."""
        if not self.may_keep(request):
            return False
        if obj is None:
            return True
        return obj.user_id != request.user.pk and (obj.until_on is None or obj.until_on >= _today())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor, at = _actor(request), timezone.now()
        if change:
            if "until_on" in form.changed_data:
                end_appointment(Appointment.objects.get(pk=obj.pk), obj.until_on, actor=actor, at=at)
            return
        made = appoint(obj.user, obj.role, obj.area_code, obj.from_on, obj.until_on, actor=actor, at=at)
        obj.pk, obj.given_by, obj.given_at = made.pk, made.given_by, made.given_at


# --- Areas --------------------------------------------------------------------------------------------------------


@admin.register(Area, site=site)
class AreaAdmin(KeptAdmin):
    """What notices print of a community: where to ask, and the office's phone."""

    list_display = ("code", "name", "level", "phone", "office")
    list_filter = ("level",)
    search_fields = ("code", "name")
    fields = ("code", "name", "level", "phone", "office")
    readonly_fields = ("code", "name", "level")

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def area_of(self, obj: Any) -> str:
        code: str = obj.code
        return code

    def get_queryset(self, request: HttpRequest) -> QuerySet[Area]:
        areas = areas_of(_actor(request), _today(), [Role.DISTRICT_ADMIN])
        where = Q(pk__in=[])
        for code in areas:
            where |= Q(code__startswith=code)
        return super().get_queryset(request).filter(where)


@admin.register(Stage, site=site)
class StageAdmin(KeptAdmin):
    """The eight steps' words and usual lengths; the work plan proposes its dates from them."""

    list_display = ("number", "name", "weeks_from", "weeks_to")
    fields = ("number", "name", "text", "weeks_from", "weeks_to")
    readonly_fields = ("number",)

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(StagePaper, site=site)
class StagePaperAdmin(KeptAdmin):
    """The papers that each step leaves behind, and which of them it misses until they are there."""

    list_display = ("name", "stage", "needed")
    list_filter = ("stage", "needed")
    fields = ("stage", "key", "name", "needed")

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: StagePaper | None = None) -> tuple[str, ...]:
        return ("stage", "key") if obj is not None else ()
