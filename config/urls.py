"""All addresses: the residents' site, the office, reference data and accounts."""

from django.urls import include, path

from compounds.admin import site

urlpatterns = [
    path("admin/", site.urls),
    path("", include("portal.urls.office")),
    path("", include("portal.urls.ballots")),
    path("", include("portal.urls.public")),
]

handler400 = "portal.views.errors.bad_request"
handler403 = "portal.views.errors.permission_denied"
handler404 = "portal.views.errors.page_not_found"
handler500 = "portal.views.errors.server_error"
