"""Addresses of a compound's ballots in the office."""

from django.urls import URLPattern, path

from portal.views.office.ballots import (
    announcing,
    clerks,
    differences,
    drafting,
    entry,
    issuing,
    objections,
    overview,
    papers,
    representatives,
    roll,
    turnout,
    visits,
)

BALLOTS = "office/compounds/<slug:code>/ballots/"
BALLOT = f"{BALLOTS}<int:number>/"
REPRESENTATIVES = "office/compounds/<slug:code>/representatives/"
OBJECTION = f"{BALLOT}objections/<slug:slip>/"
PAPER = f"{BALLOT}papers/<slug:serial>/"

urlpatterns: list[URLPattern] = [
    path(BALLOTS, overview.ballots, name="ballots"),
    path(f"{BALLOTS}new/", drafting.ballot_new, name="ballot_new"),
    path(BALLOT, overview.ballot, name="ballot"),
    path(f"{BALLOT}issuing/", issuing.ballot_issuing, name="ballot_issuing"),
    path(f"{BALLOT}returning/", issuing.ballot_returning, name="ballot_returning"),
    path(f"{BALLOT}returning/<int:paper>/undo/", issuing.ballot_unreturn, name="ballot_unreturn"),
    path(f"{BALLOT}visits/", visits.ballot_visits, name="ballot_visits"),
    path(f"{BALLOT}visits/print.pdf", visits.ballot_visits_pdf, name="ballot_visits_pdf"),
    path(f"{BALLOT}visits/<int:paper>/refusal/", visits.ballot_refusal, name="ballot_refusal"),
    path(f"{BALLOT}visits/<int:paper>/unreached/", visits.ballot_unreached, name="ballot_unreached"),
    path(f"{BALLOT}turnout/", turnout.ballot_turnout, name="ballot_turnout"),
    path(REPRESENTATIVES, representatives.representatives, name="representatives"),
    path(f"{REPRESENTATIVES}<int:pk>/end/", representatives.representative_end, name="representative_end"),
    path(f"{BALLOT}roll/", roll.ballot_roll, name="ballot_roll"),
    path(f"{BALLOT}roll/<int:position>/transfer/", roll.ballot_transfer, name="ballot_transfer"),
    path(f"{BALLOT}freezing/", roll.ballot_freezing, name="ballot_freezing"),
    path(f"{BALLOT}objections/", objections.ballot_objections, name="ballot_objections"),
    path(f"{OBJECTION}", objections.ballot_objection, name="ballot_objection"),
    path(f"{OBJECTION}slip/", objections.ballot_objection_slip, name="ballot_objection_slip"),
    path(f"{BALLOT}papers/", papers.ballot_papers, name="ballot_papers"),
    path(f"{BALLOT}papers/print/", papers.ballot_print, name="ballot_print"),
    path(f"{BALLOT}papers/list/", papers.ballot_issue_list, name="ballot_issue_list"),
    path(PAPER, papers.ballot_paper, name="ballot_paper"),
    path(f"{PAPER}pdf/", papers.ballot_paper_pdf, name="ballot_paper_pdf"),
    path(f"{PAPER}replacement/", papers.ballot_paper_replacement, name="ballot_paper_replacement"),
    path(f"{BALLOT}draft/", drafting.ballot_draft, name="ballot_draft"),
    path(f"{BALLOT}edit/", drafting.ballot_edit, name="ballot_edit"),
    path(f"{BALLOT}questions/<int:question>/", drafting.ballot_question, name="ballot_question"),
    path(f"{BALLOT}rule/", drafting.ballot_rule, name="ballot_rule"),
    path(f"{BALLOT}files/", drafting.ballot_files, name="ballot_files"),
    path(f"{BALLOT}sample.pdf", drafting.ballot_sample, name="ballot_sample"),
    path(f"{BALLOT}announcement/", announcing.ballot_announcement, name="ballot_announcement"),
    path(f"{BALLOT}notice/", announcing.ballot_notice, name="ballot_notice"),
    path(f"{BALLOT}notice/<int:seq>.pdf", announcing.ballot_posted_pdf, name="ballot_posted_pdf"),
    path(f"{BALLOT}extension/", announcing.ballot_extension, name="ballot_extension"),
    path(f"{BALLOT}cancellation/", announcing.ballot_cancellation, name="ballot_cancellation"),
    path(f"{BALLOT}entry/", entry.ballot_entry, name="ballot_entry"),
    path(f"{BALLOT}entry/<int:bundle>/", entry.ballot_bundle, name="ballot_bundle"),
    path(f"{BALLOT}entry/<int:bundle>/slip.pdf", entry.ballot_cover_slip, name="ballot_cover_slip"),
    path(f"{BALLOT}entry/<int:bundle>/<int:position>/", entry.ballot_paper_entry, name="ballot_paper_entry"),
    path(f"{BALLOT}pace/", entry.ballot_pace, name="ballot_pace"),
    path(f"{BALLOT}differences/", differences.ballot_differences, name="ballot_differences"),
    path(f"{BALLOT}differences/<int:bundle>/<int:position>/", differences.ballot_difference, name="ballot_difference"),
    path(f"{BALLOT}clerks/", clerks.ballot_clerks, name="ballot_clerks"),
]
