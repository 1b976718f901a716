"""Addresses behind the login."""

from django.urls import path

from portal.views import look
from portal.views.office import (
    account,
    books,
    closing,
    desk,
    history,
    jobs,
    ledgers,
    memo,
    moves,
    papers,
    posting,
    publishing,
    review,
    search,
    vouchers,
    workbench,
)

OFFICE = "office/"
COMPOUND = "office/compounds/<str:code>/"
BOOK = f"{COMPOUND}books/<str:book>/"
VOUCHER = f"{BOOK}<int:year>/<int:number>/"

urlpatterns = [
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path(OFFICE, workbench.workbench, name="workbench"),
    path(f"{OFFICE}password/", account.password, name="password"),
    path(f"{OFFICE}desk/", desk.desk, name="desk"),
    path(f"{OFFICE}pin/", desk.pin, name="pin"),
    path(f"{OFFICE}search/", search.office_search, name="office_search"),
    path(f"{OFFICE}scope/", workbench.scope, name="scope"),
    path(f"{OFFICE}compounds/", workbench.office_compounds, name="office_compounds"),
    path(f"{OFFICE}review/", review.review, name="review"),
    path(f"{OFFICE}review/<int:pk>/", review.review_draft, name="review_draft"),
    path(f"{OFFICE}ledgers/", publishing.publish, name="publish"),
    path(f"{OFFICE}jobs/", jobs.jobs, name="jobs"),
    path(f"{OFFICE}jobs/<int:pk>/", jobs.job, name="job"),
    path(f"{OFFICE}jobs/<int:pk>/progress/", jobs.job_progress, name="job_progress"),
    path(f"{OFFICE}jobs/<int:pk>/stop/", jobs.job_stop, name="job_stop"),
    path(f"{OFFICE}jobs/<int:pk>/resume/", jobs.job_resume, name="job_resume"),
    path(f"{OFFICE}look/", look.office_look, name="office_look"),
    path(f"{OFFICE}history/", history.history, name="history"),
    path(f"{OFFICE}attachments/<int:pk>/", papers.attachment, name="attachment"),
    path(f"{OFFICE}attachments/<int:pk>/preview/", papers.attachment_preview, name="attachment_preview"),
    path(COMPOUND, workbench.office_compound, name="office_compound"),
    path(f"{COMPOUND}drafts/", books.drafts, name="drafts"),
    path(f"{COMPOUND}drafts/<int:pk>/", books.draft, name="draft"),
    path(f"{COMPOUND}drafts/<int:pk>/delete/", books.draft_delete, name="draft_delete"),
    path(f"{COMPOUND}drafts/<int:pk>/papers/", papers.draft_papers, name="draft_papers"),
    path(f"{COMPOUND}drafts/<int:pk>/papers/<int:paper>/", papers.draft_paper, name="draft_paper"),
    path(f"{COMPOUND}drafts/<int:pk>/papers/<int:paper>/remove/", papers.draft_paper_remove, name="draft_paper_remove"),
    path(BOOK, books.cash_book, name="cash_book"),
    path(f"{BOOK}drafts/", books.draft_new, name="draft_new"),
    path(VOUCHER, vouchers.office_voucher, name="office_voucher"),
    path(f"{VOUCHER}papers/", papers.voucher_papers, name="voucher_papers"),
    path(f"{VOUCHER}papers/<int:paper>/", papers.voucher_paper, name="voucher_paper"),
    path(f"{VOUCHER}reversal/", vouchers.reversal, name="reversal"),
    path(f"{VOUCHER}correction/", vouchers.correction, name="correction"),
    path(f"{BOOK}transfer/", moves.transfer, name="transfer"),
    path(f"{BOOK}held/", moves.held, name="held"),
    path(f"{COMPOUND}closing/", closing.closings, name="closings"),
    path(f"{COMPOUND}closing/<str:period>/", closing.closing, name="closing"),
    path(f"{COMPOUND}closing/<str:period>/approval/", closing.closing_approval, name="closing_approval"),
    path(f"{COMPOUND}closing/<str:period>/withdrawal/", closing.closing_withdrawal, name="closing_withdrawal"),
    path(f"{COMPOUND}closing/<str:period>/opinion/", closing.opinion, name="opinion"),
    path(f"{COMPOUND}memo/", memo.memo, name="memo"),
    path(f"{COMPOUND}memo/<str:kind>/", memo.memo_new, name="memo_new"),
    path(f"{COMPOUND}memo/<str:kind>/<int:pk>/", memo.memo_settle, name="memo_settle"),
    path(f"{COMPOUND}ledgers/", ledgers.office_ledgers, name="office_ledgers"),
    path(f"{COMPOUND}ledgers/<str:period>/", posting.office_ledger, name="office_ledger"),
]
