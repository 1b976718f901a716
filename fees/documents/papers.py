"""The papers of drafts and vouchers: what stands in whose place, what came late, what was used elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from core.models import Attachment
from fees.models import Draft, Voucher, VoucherEvidence


@dataclass(frozen=True)
class Use:
    """Where else a paper's number or bytes hang; what may be shown of it depends on who looks."""

    compound: str
    name: str
    area_code: str
    what: str


@dataclass(frozen=True)
class Double:
    """A paper whose number, or whose very picture, hangs elsewhere too."""

    paper: Attachment
    same_bytes: bool
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Paper:
    """A paper as pages list it: with those it came in the place of, the newest first."""

    paper: Attachment
    earlier: tuple[Attachment, ...] = ()
    late: bool = False

    @property
    def is_picture(self) -> bool:
        """Whether a browser can show it."""
        return self.paper.content_type == "image/jpeg"


def papers_of_draft(draft: Draft) -> tuple[Paper, ...]:
    """Return a draft's papers in the order in which they came."""
    return _with_chains(sorted(draft.attachments.all(), key=lambda paper: paper.pk), set())


def papers_of_voucher(voucher: Voucher) -> tuple[Paper, ...]:
    """Return a posted voucher's papers, those that came after posting marked; superseded ones stand under theirs."""
    found = [row.attachment for row in voucher.evidence.select_related("attachment").order_by("pk") if row.attachment]
    late = {paper.pk for paper in found[len(json.loads(voucher.attachments)) :]}
    replaced = {paper.supersedes_id for paper in found}
    return _with_chains([paper for paper in found if paper.pk not in replaced], late)


def _with_chains(papers: Iterable[Attachment], late: set[int]) -> tuple[Paper, ...]:
    """Return papers with what they superseded; two queries more, and only where something was."""
    heads = list(papers)
    if not any(paper.supersedes_id for paper in heads):
        return tuple(Paper(paper, (), paper.pk in late) for paper in heads)
    areas = {paper.area_code for paper in heads}
    places = dict(
        Attachment.objects.filter(area_code__in=areas, supersedes__isnull=False).values_list("pk", "supersedes_id")
    )
    chains = {paper.pk: _back(paper.pk, places) for paper in heads}
    known = Attachment.objects.select_related("added_by").in_bulk({key for chain in chains.values() for key in chain})
    return tuple(
        Paper(paper, tuple(known[key] for key in chains[paper.pk] if key in known), paper.pk in late) for paper in heads
    )


def _back(key: int, places: Mapping[int, int | None]) -> list[int]:
    """Return what a paper superseded, link by link."""
    chain: list[int] = []
    before = places.get(key)
    while before is not None and before not in chain:
        chain.append(before)
        before = places.get(before)
    return chain


def doubles_of(
    papers: Sequence[Attachment], *, draft: Draft | None = None, voucher: Voucher | None = None
) -> list[Double]:
    """Return the papers whose kind and number, or whose bytes, hang at another draft or voucher of the district.

    What was superseded, what hangs nowhere, and what hangs at a reversed voucher counts no more. Four queries.
    """
    if not papers:
        return []
    numbers = {paper.number for paper in papers if paper.number}
    newer = Attachment.objects.filter(supersedes=OuterRef("pk"))
    others = list(
        Attachment.objects.filter(Q(number__in=numbers) | Q(sha256__in={paper.sha256 for paper in papers}))
        .exclude(Exists(newer))
        .order_by("pk")
    )
    keys = [other.pk for other in others]
    uses: dict[int, list[Use]] = {}
    for key, use in [*_uses_in_drafts(keys, draft), *_uses_in_vouchers(keys, voucher, draft)]:
        uses.setdefault(key, []).append(use)
    found = []
    for paper in papers:
        same = [o for o in others if o.sha256 == paper.sha256]
        numbered = [o for o in others if paper.number and (o.kind, o.number) == (paper.kind, paper.number)]
        at_bytes = tuple(use for other in same for use in uses.get(other.pk, ()))
        at_number = tuple(use for other in numbered for use in uses.get(other.pk, ()))
        if at_bytes:
            found.append(Double(paper, True, at_bytes))
        elif at_number:
            found.append(Double(paper, False, at_number))
    return found


def _uses_in_drafts(keys: list[int], draft: Draft | None) -> list[tuple[int, Use]]:
    rows = Draft.attachments.through.objects.filter(attachment_id__in=keys)
    if draft is not None:
        rows = rows.exclude(draft_id=draft.pk)
    values = rows.order_by("pk").values_list(
        "attachment_id", *(f"draft__book__compound__{name}" for name in ("code", "name", "area_code"))
    )
    return [(key, Use(code, name, area, "一张草稿")) for key, code, name, area in values]


def _uses_in_vouchers(keys: list[int], voucher: Voucher | None, draft: Draft | None) -> list[tuple[int, Use]]:
    rows = VoucherEvidence.objects.filter(attachment_id__in=keys)
    if voucher is not None:
        rows = rows.exclude(voucher=voucher)
    if draft is not None and draft.reverses_id is not None:  # a red draft rests on the papers of what it reverses
        rows = rows.exclude(voucher=draft.reverses_id)
    found = rows.select_related("voucher__book__compound").prefetch_related("voucher__reversed_by").order_by("pk")
    return [(row.attachment_id or 0, _use_of(row.voucher)) for row in found if row.voucher.reversed_whole_by is None]


def _use_of(voucher: Voucher) -> Use:
    compound = voucher.book.compound
    return Use(compound.code, compound.name, compound.area_code, f"{voucher.year}年第{voucher.number}号凭证")
