"""Addresses of the residents' site."""

from django.urls import path

from portal.views import ballot_check, ballots, look, notices, public, verifying

urlpatterns = [
    path("", public.home, name="home"),
    path("compounds/<slug:code>/", public.compound, name="compound"),
    path("compounds/<slug:code>/ledgers/", public.ledgers, name="ledgers"),
    path("compounds/<slug:code>/ledgers/<slug:period>/", public.ledger, name="ledger"),
    path("compounds/<slug:code>/ledgers/<slug:period>.<slug:format>", public.ledger_file, name="ledger_file"),
    path("compounds/<slug:code>/notices/", notices.notices, name="notices"),
    path("compounds/<slug:code>/notices/<slug:notice>/", notices.notice, name="notice"),
    path("compounds/<slug:code>/notices/<slug:notice>.pdf", notices.notice_pdf, name="notice_pdf"),
    path("compounds/<slug:code>/notices/<slug:notice>/files/<int:number>/", notices.notice_file, name="notice_file"),
    path("compounds/<slug:code>/ballots/", ballots.compound_ballots, name="compound_ballots"),
    path("compounds/<slug:code>/ballots/<int:number>/", ballots.compound_ballot, name="compound_ballot"),
    path(
        "compounds/<slug:code>/ballots/<int:number>/check/",
        ballot_check.compound_ballot_check,
        name="compound_ballot_check",
    ),
    path(
        "compounds/<slug:code>/ballots/<int:number>.<slug:format>",
        ballots.compound_ballot_file,
        name="compound_ballot_file",
    ),
    path(
        "compounds/<slug:code>/ballots/<int:number>/files/<int:file>/",
        ballots.compound_ballot_enclosure,
        name="compound_ballot_enclosure",
    ),
    path("compounds/<slug:code>/vouchers/<slug:book>/<int:year>/<int:number>/", public.voucher, name="voucher"),
    path("compounds/<slug:code>/photographs/<slug:sha256>/", public.compound_photograph, name="compound_photograph"),
    path("verify/", verifying.verify, name="verify"),
    path("verify/<slug:code>/", verifying.verify_code, name="verify_code"),
    path("privacy/", public.privacy, name="privacy"),
    path("look/", look.look, name="look"),
    path("type-size/", public.type_size, name="type_size"),
    path("healthz", public.healthz, name="healthz"),
    path("readyz", public.readyz, name="readyz"),
]
