"""Coming in, going out, and one's own password."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.middleware import begin_session, client_address, desk_of, pin_since, sit_down
from core.models import DeskVisit, User
from core.operations import forget_visit, record, set_password, use_up_password
from portal.forms import LoginForm, PasswordForm
from portal.permissions import home_area
from portal.views.office.door import FORM, OfficeRequest, by_password, logged_in


class LoginPage(LoginView):
    """The login page; who came in and who was refused stands in the history."""

    template_name = "core/login.html"
    authentication_form = LoginForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send on who is in already, unless another person sits down at the same machine."""
        self.redirect_authenticated_user = request.method != "POST" and "another" not in request.GET
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        at = timezone.now()
        make_room(self.request, user, at)
        response = super().form_valid(form)
        begin_session(self.request.session, at)
        sit_down(self.request, response, user, at)
        user.seen_from = client_address(self.request)
        record("login", "登录", actor=user, at=at, area_code=home_area(user, timezone.localdate(at)))
        if user.one_time_until is not None:
            use_up_password(user, at=at)
            update_session_auth_hash(self.request, user)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether somebody can come back by PIN; nothing is asked of a browser that is no desk."""
        desk = desk_of(self.request)
        shared = bool(desk) and DeskVisit.objects.at_desk(desk, pin_since(timezone.now())).exists()
        shown = {"shared": shared, "desk_url": reverse("desk"), "slip": slip_scanned(self.get_redirect_url())}
        return super().get_context_data(**kwargs) | shown

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record whose login failed; a name that nobody bears is not kept, as it may be a mistyped password."""
        if form.non_field_errors():
            user = User.objects.filter(username=form.data.get("username", "")).first()
            at = timezone.now()
            if user is not None:
                user.seen_from = client_address(self.request)
            record(
                "login.failed",
                "登录失败" if user else "用不存在的登录名登录",
                actor=user,
                at=at,
                area_code=home_area(user, timezone.localdate(at)) if user else "",
                data={"from": client_address(self.request)},
            )
        return super().form_invalid(form)


def slip_scanned(address: str) -> dict[str, Any] | None:
    """Return where a resident may look who scanned a printed voucher's code and was sent to the login, or None."""
    try:
        match = resolve(address)
    except Resolver404:
        return None
    if match.url_name != "office_voucher":
        return None
    where = match.kwargs
    try:
        links = {
            "voucher_url": reverse("voucher", kwargs=where),
            "ledgers_url": reverse("ledgers", kwargs={"code": where["code"]}),
        }
    except NoReverseMatch:
        return None
    return {"number": where["number"], **links}


def make_room(request: HttpRequest, user: User, at: datetime) -> None:
    """Note in the history that whoever sat here makes room for the next one."""
    before = request.user
    if isinstance(before, User) and before.pk != user.pk:
        area = home_area(before, timezone.localdate(at))
        record("logout.desk", f"换成{user.name}", actor=before, at=at, area_code=area)


login = LoginPage.as_view()


@require_POST
@logged_in
def logout(request: OfficeRequest) -> HttpResponse:
    """End the session, on this machine and on the server; the PIN does not bring its person back here either."""
    forget_visit(desk_of(request), request.user)
    record("logout", "退出", actor=request.user, at=request.at, area_code=request.acting_area)
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(FORM)
@by_password()
@logged_in
def password(request: OfficeRequest) -> HttpResponse:
    """Change one's own password; after a one-time password this is the only page."""
    form = PasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        set_password(request.user, form.cleaned_data["new"], actor=request.user, at=request.at, one_time=False)
        update_session_auth_hash(request, request.user)
        messages.success(request, "密码换好了。其他地方的登录都已退出。")
        response = redirect("workbench")
        sit_down(request, response, request.user, request.at)
        return response
    return render(request, "core/password.html", {"form": form, "must": request.user.must_change_password})
