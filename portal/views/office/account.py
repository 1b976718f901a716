"""Coming in, going out, and one's own password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.middleware import begin_session, client_address
from core.models import User
from core.operations import record, set_password
from portal.forms import LoginForm, PasswordForm
from portal.permissions import home_area
from portal.views.office.door import FORM, OfficeRequest, logged_in


class LoginPage(LoginView):
    """The login page; who came in and who was refused stands in the history."""

    template_name = "core/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        at = timezone.now()
        response = super().form_valid(form)
        begin_session(self.request.session, at)
        user.seen_from = client_address(self.request)
        record("login", "登录", actor=user, at=at, area_code=home_area(user, timezone.localdate(at)))
        return response

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


login = LoginPage.as_view()


@require_POST
@logged_in
def logout(request: OfficeRequest) -> HttpResponse:
    """End the session, on this machine and on the server."""
    record("logout", "退出", actor=request.user, at=request.at, area_code=request.acting_area)
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(FORM)
@logged_in
def password(request: OfficeRequest) -> HttpResponse:
    """Change one's own password; after a one-time password this is the only page."""
    form = PasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        set_password(request.user, form.cleaned_data["new"], actor=request.user, at=request.at, one_time=False)
        update_session_auth_hash(request, request.user)
        messages.success(request, "密码换好了。其他地方的登录都已退出。")
        return redirect("workbench")
    return render(request, "core/password.html", {"form": form, "must": request.user.must_change_password})
