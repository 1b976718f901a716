"""What may be kept of a paper: a photograph drawn anew without anything behind it, or a PDF that runs nothing.

A photograph becomes a JPEG: no place where it was taken, no number of the camera, no small picture inside, nothing
behind its end. A PDF stays byte for byte, as a tax authority's or a bank's signature is worth nothing in a copy; so one
that could run something is refused, and so is one whose inside is locked, as nobody can tell. Files enclosed in a
PDF stay (banks and the tax authority enclose their data): it is only ever handed out to be stored, in a sandbox.
"""

from __future__ import annotations

import io
import re
import zlib

from PIL import Image, ImageFile, ImageOps

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 60_000_000
# A sheet of A4 at 340 dpi; more is only weight.
LONGEST_SIDE = 4_000
MAX_UNPACKED = 64 * 1024 * 1024

# The limit is our own and asked before a picture is unpacked; Pillow's would only be a warning at first.
Image.MAX_IMAGE_PIXELS = None

_HEIF = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc", b"ftypavif")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
# What makes a reader of PDFs run a script, start a program, send or fetch something.
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|SubmitForm|ImportData|RichMedia|XFA)(?![A-Za-z0-9_.-])")
_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9_.-])")
_PACKED_OBJECTS = re.compile(rb"/(?:ObjStm|First)(?![A-Za-z0-9_.-])")


class AttachmentRefused(Exception):
    """The file is no picture or PDF that can be kept; str() is the reason in Chinese."""


# With which a paper's bytes are handed out: whatever lies in them, no browser runs it.
PAPER_POLICY = (
    "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def too_large(size: int) -> str:
    """Return what to say of a file of so many bytes, nothing where it may be looked at."""
    if size <= MAX_BYTES:
        return ""
    return f"文件太大：{size / 1048576:.0f}MB，最多{MAX_BYTES // 1048576}MB。请缩小或分开拍。"


def clean_attachment(content: bytes) -> tuple[bytes, str]:
    """Return the bytes to keep and their type: photographs drawn anew as JPEG, harmless PDFs as they are.

    :raises AttachmentRefused: for anything else, too large, broken, or running something.
    """
    if sentence := too_large(len(content)):
        raise AttachmentRefused(sentence)
    if not content:
        raise AttachmentRefused("文件是空的。请重新拍或重新选。")
    if content.startswith(b"%PDF-"):
        _look_into_pdf(content)
        return content, "application/pdf"
    if content[4:12] in _HEIF:
        raise AttachmentRefused("这是HEIC照片，打不开。请在手机的相机设置里改成JPG，或截一张图再传。")
    return _picture(content), "image/jpeg"


def small_picture(content: bytes, side: int = 900) -> bytes:
    """Return a kept photograph made small enough for a page."""
    image = Image.open(io.BytesIO(content), formats=["JPEG"])
    image.draft("RGB", (side, side))
    image.thumbnail((side, side))
    return _jpeg(image.convert("RGB"), 78)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    image.info.clear()  # comments would be written again
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _picture(content: bytes) -> bytes:
    """Return a photograph drawn anew as JPEG: upright, on white, without metadata or trailing bytes."""
    # Loading WeasyPrint lets cut-off pictures through in the whole process; a paper of which half is grey is none.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        opened = Image.open(io.BytesIO(content), formats=["JPEG", "PNG"])
        if opened.width * opened.height > MAX_PIXELS:
            raise AttachmentRefused(f"照片太大：{opened.width}×{opened.height}，像素超过6000万。请缩小后再传。")
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        image = ImageOps.exif_transpose(opened)
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        return _jpeg(image.convert("RGB"), 85)
    except AttachmentRefused:
        raise
    except Exception:
        raise AttachmentRefused("这张照片打不开。请用JPG或PNG照片，或PDF文件。") from None


def _look_into_pdf(content: bytes) -> None:
    """Refuse a PDF that is cut off, locked, or could run something, also where its objects are packed.

    :raises AttachmentRefused:
    """
    if b"startxref" not in content[-4096:]:
        raise AttachmentRefused("这个PDF不完整，打不开。请重新下载再传。")
    plain = _named(content)
    if _LOCKED.search(plain):
        raise AttachmentRefused("这个PDF加了密码或限制，看不了里面有什么。请打印成普通PDF，或拍照再传。")
    if any(_ACTIVE.search(part) for part in (plain, *_packed_objects(content))):
        raise AttachmentRefused("这个PDF里夹带了会自己运行的程序，不能存。请打印成普通PDF，或拍照再传。")


def _named(part: bytes) -> bytes:
    """Return PDF text with the signs of its names spelled out: ``/Java#53cript`` is ``/JavaScript``."""
    return _HEX.sub(lambda match: bytes([int(match[1], 16)]), part)


def _packed_objects(content: bytes) -> list[bytes]:
    """Return the unpacked object streams of a PDF, spelled out.

    :raises AttachmentRefused: when one cannot be unpacked, or all together are too large.
    """
    found, room = [], MAX_UNPACKED
    for match in _STREAM.finditer(content):
        nearest = max(0, match.start() - 4096)
        begins = max(content.rfind(b"obj", nearest, match.start()), nearest)
        head = _named(content[begins : match.start()])
        if not _PACKED_OBJECTS.search(head):
            continue
        ends = content.find(b"endstream", match.end())
        packed = content[match.end() : ends if ends >= 0 else None]
        if b"/Filter" in head:
            unpacker = zlib.decompressobj()
            try:
                packed = unpacker.decompress(packed, room + 1)
            except zlib.error:
                raise AttachmentRefused("这个PDF里有看不懂的内容，不能存。请打印成普通PDF，或拍照再传。") from None
        room -= len(packed)
        if room < 0:
            raise AttachmentRefused("这个PDF里的内容太多，不能存。请分成几个文件再传。")
        found.append(_named(packed))
    return found
