"""R24: what is handed in as a paper's photograph: re-encoded or refused in words, never stored as it came."""

from __future__ import annotations

import io
import re
import warnings
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from compounds.choices import Role
from core import papers
from core.models import Attachment
from core.operations import AttachmentRefused, add_attachment, file_name, machine, read_bytes
from core.papers import MAX_BYTES, clean_attachment
from tests import factories
from tests.portal.office import browser

pytestmark = pytest.mark.once

SCRIPT = b"<script>alert(document.cookie)</script>"
SERIAL = b"SN-4711-0815"
AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)


def jpeg(size: tuple[int, int] = (640, 480), *, exif: bool = False, tail: bytes = b"") -> bytes:
    """Return a photograph as a phone makes it; with ``exif`` its place, its camera's number and a small picture."""
    image = Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 40).convert("RGB")
    out = io.BytesIO()
    if not exif:
        image.save(out, "JPEG", comment="拍的人：吴丽".encode())
        return out.getvalue() + tail
    facts = Image.Exif()
    facts[0x0110] = "Phone 12"
    facts[0xA431] = SERIAL.decode()
    facts.get_ifd(0x8769)[0xA431] = SERIAL.decode()
    facts.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 20.5), 3: "E", 4: (116.0, 12.0, 5.5)})
    small = io.BytesIO()
    image.resize((160, 120)).save(small, "JPEG")
    image.save(out, "JPEG", exif=facts.tobytes() + b"\x00" * 4 + small.getvalue())
    return out.getvalue() + tail


def png(size: tuple[int, int]) -> bytes:
    """Return a PNG whose head says so many pixels; its body is none."""
    import struct

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def pdf(inside: bytes = b"", packed: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return a PDF of one empty page with more objects, plain or packed in an object stream."""
    body = b"%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" + inside
    if packed:
        data = zlib.compress(b"7 0 " + packed)
        body += b"6 0 obj\n<</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d>>\nstream\n" % len(data)
        body += data + b"\nendstream\nendobj\n"
    return body + b"trailer\n<</Root 1 0 R" + trailer + b">>\nstartxref\n9\n%%EOF\n"


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ACTION = b"5 0 obj\n<</S /JavaScript /JS (app.alert\\(1\\))>>\nendobj\n"
REFUSED = {
    "svg": SVG,
    "html": b"<!doctype html><title>a</title>" + SCRIPT,
    "html after spaces": b"\n\n  <html>" + SCRIPT,
    "script": b"#!/bin/sh\nid\n",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "gif": b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    "gif and jpeg": b"GIF89a/*" + jpeg() + b"*/=1;alert(1)//",
    "gif and script": b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)//",
    "jpeg cut off": jpeg()[:2000],
    "png cut off": png((40, 40)),
    "png of 65,000 × 65,000": png((65_000, 65_000)),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200,
    "avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 200,
    "bmp": b"BM" + b"\0" * 60,
    "nothing": b"",
    "pdf with a script": pdf(ACTION),
    "pdf with a spelled script": pdf(ACTION.replace(b"/JavaScript", b"/Java#53cr#69pt")),
    "pdf with a packed script": pdf(packed=b"<</S /JavaScript /JS (app.alert\\(1\\))>>"),
    "pdf that starts a program": pdf(b"5 0 obj\n<</S /Launch /F (cmd.exe)>>\nendobj\n"),
    "pdf that sends": pdf(b"5 0 obj\n<</S /SubmitForm /F (http://x.invalid)>>\nendobj\n"),
    "pdf with a film": pdf(b"5 0 obj\n<</Subtype /RichMedia>>\nendobj\n"),
    "pdf with a form of scripts": pdf(b"5 0 obj\n<</XFA 9 0 R>>\nendobj\n"),
    "pdf that is locked": pdf(trailer=b" /Encrypt 8 0 R"),
    "pdf cut off": pdf()[:60],
    "pdf with damaged packed objects": pdf(packed=b"<<>>").replace(b"stream\nx", b"stream\nQQQQ"),
    "40 MB": b"\xff\xd8\xff" + b"\0" * (40 * 1024 * 1024),
}
NAMES = [
    "../../x",
    "..\\..\\windows\\x.jpg",
    "a.jpg\r\nSet-Cookie: a=b",
    "收据" * 150 + ".jpg",
    "a\0b.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    'a".html;.jpg',
    "\u202egpj.exe",
    "",
    "..",
    "/etc/passwd",
]


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_harmless_photograph_or_pdf_is_refused_in_words(what: str) -> None:
    content = REFUSED[what]
    with warnings.catch_warnings(), pytest.raises(AttachmentRefused) as refused:
        warnings.simplefilter("error")
        clean_attachment(content)
    sentence = str(refused.value)
    assert re.search(r"[\u4e00-\u9fff]", sentence) and sentence.endswith("。") and len(sentence) < 80


def test_a_picture_cut_off_is_refused_whatever_was_loaded_before() -> None:
    """WeasyPrint switches Pillow's care off for the whole process."""
    import weasyprint  # noqa: F401
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = True
    with pytest.raises(AttachmentRefused):
        clean_attachment(REFUSED["jpeg cut off"])


def test_the_words_fit_the_case() -> None:
    said = {}
    for what in REFUSED:
        with pytest.raises(AttachmentRefused) as refused:
            clean_attachment(REFUSED[what])
        said[what] = str(refused.value)
    assert said["40 MB"] == "文件太大：40MB，最多12MB。请缩小或分开拍。"
    assert "HEIC" in said["heic"] and "相机设置" in said["heic"]
    assert "65000×65000" in said["png of 65,000 × 65,000"]
    assert "会自己运行的程序" in said["pdf with a packed script"]
    assert "密码或限制" in said["pdf that is locked"]


def test_a_large_file_is_refused_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*_: object) -> None:
        raise AssertionError("looked at")

    monkeypatch.setattr(papers, "_picture", look)
    monkeypatch.setattr(papers, "_look_into_pdf", look)
    for begin in (b"\xff\xd8\xff", b"%PDF-1.7"):
        with pytest.raises(AttachmentRefused, match="文件太大"):
            clean_attachment(begin + b"\0" * MAX_BYTES)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageFile

    def unpack(*_: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(ImageFile.ImageFile, "load", unpack)
    with pytest.raises(AttachmentRefused, match="像素"):
        clean_attachment(png((65_000, 65_000)))


def facts_left(content: bytes) -> dict[str, object]:
    """Return what of a photograph beside its picture is left: EXIF, the camera's number, comments, what is behind."""
    image = Image.open(io.BytesIO(content))
    end = content.rfind(b"\xff\xd9") + 2
    found: dict[str, object] = {
        "exif": dict(image.getexif()),
        "gps": dict(image.getexif().get_ifd(0x8825)),
        "serial": SERIAL in content,
        "markers": [
            marker for marker in (b"Exif\0\0", b"http://ns.adobe.com", b"\xff\xfe") if marker in content[:4000]
        ],
        "pictures": content.count(b"\xff\xd8\xff"),
        "behind": content[end:],
        "script": b"<script" in content,
        "info": {key for key in image.info if key not in ("jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi")},
    }
    return found


CLEAN = {
    "exif": {}, "gps": {}, "serial": False, "markers": [], "pictures": 1, "behind": b"", "script": False, "info": set(),
}  # fmt: skip


def test_place_camera_small_picture_and_tail_are_gone() -> None:
    kept, kind = clean_attachment(jpeg(exif=True, tail=SCRIPT))
    assert kind == "image/jpeg"
    assert facts_left(kept) == CLEAN
    assert facts_left(clean_attachment(jpeg(tail=SCRIPT))[0]) == CLEAN


def test_control_the_original_bytes_carry_all_of_it() -> None:
    """Stored as it came, the photograph would tell where it was taken and carry a script."""
    left = facts_left(jpeg(exif=True, tail=SCRIPT))
    assert left["gps"] and left["exif"] and left["serial"] and left["script"] and left["pictures"] == 2
    assert bytes(left["behind"] or b"")[-len(SCRIPT) :] == SCRIPT or left["script"]
    Image.open(io.BytesIO(jpeg(tail=SCRIPT))).verify()  # and nobody complains


def test_a_picture_lies_upright_on_white_and_is_no_larger_than_needed() -> None:
    turned = Image.new("RGB", (60, 30), "white")
    facts = Image.Exif()
    facts[0x0112] = 6  # to be turned by a quarter
    out = io.BytesIO()
    turned.save(out, "JPEG", exif=facts)
    assert Image.open(io.BytesIO(clean_attachment(out.getvalue())[0])).size == (30, 60)

    clear = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(clear, "PNG")
    assert Image.open(io.BytesIO(clean_attachment(clear.getvalue())[0])).getpixel((5, 5)) == (255, 255, 255)

    large = io.BytesIO()
    Image.new("RGB", (6000, 3000), "white").save(large, "JPEG")
    assert Image.open(io.BytesIO(clean_attachment(large.getvalue())[0])).size == (4000, 2000)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_picture_is_kept(mode: str) -> None:
    out = io.BytesIO()
    Image.new("L", (20, 20), 120).convert("L" if mode == "I;16" else mode).save(
        out, "JPEG" if mode == "CMYK" else "PNG"
    )
    kept = Image.open(io.BytesIO(clean_attachment(out.getvalue())[0]))
    assert (kept.format, kept.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize(
    "content",
    [pdf(), pdf(packed=b"<</Type /Page>>"), pdf(b"5 0 obj\n<</Type /EmbeddedFile>>\nendobj\n")],
    ids=["plain", "packed", "with enclosed data"],
)
def test_a_harmless_pdf_is_kept_byte_for_byte(content: bytes) -> None:
    """A bank's slip encloses its data and is signed: every byte stays."""
    assert clean_attachment(content) == (content, "application/pdf")


def test_packed_objects_that_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "MAX_UNPACKED", 1024)
    with pytest.raises(AttachmentRefused, match="内容太多"):
        clean_attachment(pdf(packed=b" " * 5000))


# --- Stored and served --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_names_do_nothing(name: str) -> None:
    home = factories.compound()
    paper = add_attachment(
        jpeg(), name=name, kind="receipt", number="0417", area_code=home.area_code, actor=machine("system"), at=AT
    )
    assert paper.name and len(paper.name) <= 120
    assert not re.search(r'[\x00-\x1f/\\<>"\u202e]', paper.name) and paper.name.strip(".") == paper.name
    head = factories.user(Role.COMMITTEE_HEAD, home.code)
    answer = browser(head).get(f"/office/attachments/{paper.pk}/")
    assert answer.status_code == 200 and "a" not in answer.cookies
    assert "\r" not in answer["Content-Disposition"] and "\n" not in answer["Content-Disposition"]


@pytest.mark.django_db
def test_stored_under_its_hash_outside_the_static_files(own_files: Path) -> None:
    home = factories.compound()
    paper = factories.paper(home)
    path = own_files / "documents" / file_name(paper.sha256)
    assert path.is_file() and path.name == paper.sha256 and path.stat().st_mode & 0o111 == 0
    assert not path.is_relative_to(Path(settings.STATIC_ROOT))
    assert facts_left(read_bytes(paper.sha256)) == CLEAN
    assert Client().get(f"/static/{file_name(paper.sha256)}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "kind", "place"), [(jpeg(), "image/jpeg", "inline"), (pdf(), "application/pdf", "attachment")]
)
def test_served_so_that_no_browser_runs_it(content: bytes, kind: str, place: str) -> None:
    home = factories.compound()
    paper = add_attachment(
        content, name="收据.html", kind="receipt", number="", area_code=home.area_code, actor=machine("system"), at=AT
    )
    answer = browser(factories.user(Role.COMMITTEE_HEAD, home.code)).get(f"/office/attachments/{paper.pk}/")
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith(f"{place}; filename")
    assert answer["Content-Disposition"].endswith("jpg" if place == "inline" else "pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_a_preview_is_a_small_clean_picture_and_a_pdf_has_none() -> None:
    home = factories.compound()
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    how = {"kind": "receipt", "number": "", "area_code": home.area_code, "actor": machine("system"), "at": AT}
    picture = add_attachment(jpeg((2400, 1800), exif=True), name="a.jpg", **how)  # type: ignore[arg-type]
    answer = head.get(f"/office/attachments/{picture.pk}/preview/")
    assert Image.open(io.BytesIO(answer.content)).size == (900, 675)
    assert facts_left(answer.content) == CLEAN
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    sheet = add_attachment(pdf(), name="a.pdf", **how)  # type: ignore[arg-type]
    assert head.get(f"/office/attachments/{sheet.pk}/preview/").status_code == 404


@pytest.mark.django_db
def test_sent_by_form_bad_files_are_named_and_the_others_kept() -> None:
    home = factories.compound()
    keeper = factories.user(Role.COMMITTEE_BOOKKEEPER, home.code)
    factories.books(home)
    from fees.operations import save_draft

    draft = save_draft(
        factories.data(home, AT.date(), "101", "12.00"), hand_in=False, actor=keeper, at=AT,
    )  # fmt: skip
    files = [
        SimpleUploadedFile("好.jpg", jpeg(exif=True, tail=SCRIPT)),
        SimpleUploadedFile("画.svg", SVG),
        SimpleUploadedFile("页.html", REFUSED["html"]),
        SimpleUploadedFile("大.jpg", REFUSED["40 MB"]),
    ]
    answer = browser(keeper).post(
        f"/office/compounds/{home.code}/drafts/{draft.pk}/papers/", {"kind": "receipt", "number": "", "file": files}
    )
    html = answer.content.decode()
    for name in ("画.svg：", "页.html：", "大.jpg：文件太大：40MB"):
        assert name in html
    paper = Attachment.objects.get()
    assert list(draft.attachments.all()) == [paper] and paper.name == "好.jpg"
    assert facts_left(read_bytes(paper.sha256)) == CLEAN
