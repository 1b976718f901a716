"""From a page's HTML to the bytes of a tagged PDF, or a clear fault: never boxes on a posted paper.

WeasyPrint is imported on first use only, because without its system libraries the import itself fails. Style sheets
and fonts are parsed once per process, papers are read as XML where they are well-formed, and Python's cyclic collector
is held off during a render: together a third to nearly half of the time (quality.md, T). Nothing is fetched but the
product's own static files and pictures in ``data:``. Memory and time grow with the number of lines, some 4 ms and
0.1 MB each; nothing here limits them: a caller bounds what it prints, and Celery replaces a process that has grown
(CELERY_WORKER_MAX_MEMORY_PER_CHILD).
"""

from __future__ import annotations

import builtins
import functools
import gc
import io
import logging
import posixpath
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

SCHEME = "static:"
PICTURES = ("data:image/png", "data:image/jpeg", "data:image/svg+xml")
SUFFIXES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
VARIANT = "pdf/ua-1"
DOCTYPE = "<!DOCTYPE html>\n"

# The one line that mends whatever the probe finds.
APT_LINE = "sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk"
FAMILIES = ("Noto Sans CJK SC", "Noto Serif CJK SC")
_DATA = re.compile(r"(data:[a-z/+]{0,20})[^\s\"']*")
_CODE_POINT = re.compile(r"U\+[0-9A-F]{4,6}")
_PROBE_TEXT = "五好收支公示表：槐荫里１２３456.78元"


class PdfFault(Exception):
    """The PDF would not be right; ``sentence`` says in Chinese what is wrong and what mends it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class MissingGlyphs(PdfFault):
    """Signs that no installed font has would be printed as boxes."""


@dataclass(frozen=True)
class Pdf:
    """A finished PDF and its number of pages."""

    bytes: builtins.bytes
    pages: int


@dataclass(frozen=True)
class Sheets:
    """A finished PDF as it goes into a larger one: how many copies, and whether only its first page.

    ``whole_leaves``: each copy begins on a new leaf where both sides are printed; a blank page is added after odd ones.
    """

    bytes: builtins.bytes
    copies: int = 1
    first_only: bool = False
    whole_leaves: bool = False

    def pages_of(self, pages: int) -> int:
        """Return how many pages all copies take, of a PDF with so many pages."""
        each = 1 if self.first_only else pages
        return self.copies * (each + each % 2 * self.whole_leaves)


# One at a time in a process: the collector and the parsed fonts belong to all of its threads.
_lock = threading.RLock()


def render(html: str, *, base_styles: tuple[str, ...] = ("core/print.css",)) -> Pdf:
    """Set an HTML document (complete, in Chinese, with a title) as PDF/UA; equal input gives equal bytes.

    ``base_styles``: names of static style sheets, applied before the document's own. In the document, own static
    files are named ``static:core/mark.svg``.

    :raises PdfFault: for anything WeasyPrint warns of: a sign without a glyph, a broken style, a refused address.
    """
    with _lock:
        document, content = _render(html, tuple(_style(name) for name in base_styles))
        return Pdf(content, len(document.pages))


def join(parts: Iterable[Sheets]) -> Pdf:
    """Put finished PDFs behind one another without setting them anew; equal input gives equal bytes.

    :raises PdfFault: when one of them is no PDF.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    writer = PdfWriter()
    for part in parts:
        try:
            reader = PdfReader(io.BytesIO(part.bytes))
            count = 1 if part.first_only else len(reader.pages)
            for _ in range(part.copies):
                writer.append(reader, pages=(0, count), import_outline=False)
                if part.whole_leaves and count % 2:
                    writer.add_blank_page()
        except PyPdfError as error:
            raise PdfFault(f"有一份存着的PDF打不开，没有合成：{type(error).__name__}") from error
    out = io.BytesIO()
    writer.write(out)
    return Pdf(out.getvalue(), len(writer.pages))


def warm() -> None:
    """Get a worker ready: libraries, fonts and style sheet loaded, and frozen, so that forked children share them.

    :raises PdfFault: as ``probe``.
    """
    probe()
    if finders.find("core/print.css"):
        with _lock:
            _style("core/print.css")
    gc.collect()
    gc.freeze()


# --- Rendering ----------------------------------------------------------------------------------------------------


@functools.cache
def _weasyprint() -> ModuleType:
    """Import WeasyPrint with what it needs of the system.

    :raises PdfFault: when a system library is missing.
    """
    try:
        import weasyprint
        import weasyprint.text.fonts
        import weasyprint.urls
    except OSError as error:
        raise PdfFault(f"缺少排版用的系统库，做不了PDF。请运行：{APT_LINE}") from error
    module: ModuleType = weasyprint
    return module


@functools.cache
def _fonts() -> Any:
    return _weasyprint().text.fonts.FontConfiguration()


@functools.cache
def _fetcher() -> Any:
    """Return the one fetcher; a subclass made late, as its base comes with the late import."""
    urls = _weasyprint().urls

    class OwnFilesOnly(urls.URLFetcher):  # type: ignore[name-defined]
        """Serves the product's own static files and pictures in the document; all else ends the render."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)

        def fetch(self, url: str, headers: object = None) -> Any:
            if url.startswith(SCHEME):
                path = own_static_file(url.removeprefix(SCHEME))
                return urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": SUFFIXES[path.suffix]})
            if url.lower().startswith(PICTURES):
                return super().fetch(url)
            raise PermissionError(f"not fetched: {url[:80]}")

    return OwnFilesOnly()


def own_static_file(name: str) -> Path:
    """Return the path of a static file of one of the product's own apps.

    :raises PermissionError: for other names, kinds and places.
    :raises FileNotFoundError: when there is none.
    """
    own = {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}
    plain = posixpath.normpath(name) == name and not set(name) & set("\\%?#:")
    if not plain or name.split("/")[0] not in own or Path(name).suffix not in SUFFIXES:
        raise PermissionError(f"no static file of the product: {name[:80]}")
    try:
        found = finders.find(name)
    except SuspiciousFileOperation as error:
        raise PermissionError(str(error)) from error
    if not found:
        raise FileNotFoundError(name)
    return Path(found)


@functools.cache
def _style(name: str) -> Any:
    """Parse a style sheet of the product; once per process."""
    with _faults():
        return _weasyprint().CSS(
            string=own_static_file(name).read_text(),
            base_url=SCHEME + name,
            url_fetcher=_fetcher(),
            font_config=_fonts(),
        )


def _render(html: str, styles: tuple[Any, ...], *, aloud: bool = True) -> tuple[Any, builtins.bytes]:
    """Lay out and write; return WeasyPrint's document and the bytes.

    :raises PdfFault: as ``render``.
    """
    with _faults(aloud=aloud), collector_held_off():
        page = _read(html)
        # What wants to be attached would be embedded unseen; nothing of ours ever is.
        if any("attachment" in element.get("rel", "").lower().split() for element in page.etree_element.iter()):
            raise PdfFault("文件里夹带了附件，没有做成PDF。")
        document = page.render(font_config=_fonts(), stylesheets=list(styles), pdf_variant=VARIANT)
        content: builtins.bytes = document.write_pdf(pdf_variant=VARIANT)
        return document, content


def _read(html: str) -> Any:
    """Return WeasyPrint's document; what is well-formed XML, as our papers are, is read by the parser in C.

    That takes a sixtieth of the time and gives the same tree. Anything else goes the slow way; so does a document type
    with declarations of its own, which nothing of ours has.
    """
    read = _weasyprint().HTML
    if not html.startswith(DOCTYPE):
        return read(string=html, url_fetcher=_fetcher())
    try:
        root = ElementTree.fromstring(html)
    except (ElementTree.ParseError, ValueError):
        return read(string=html, url_fetcher=_fetcher())
    page = read(string="", url_fetcher=_fetcher())
    page.wrapper_element = type(page.wrapper_element).from_html_root(root)
    page.etree_element = root
    return page


class _Collected(logging.Handler):
    """Keeps what WeasyPrint warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _faults(*, aloud: bool = True) -> Iterator[None]:
    """Turn every warning of WeasyPrint, and every refused fetch, into a fault; ``aloud``: they go to the log as well."""
    fatal = _weasyprint().urls.FatalURLFetchingError
    logger = logging.getLogger("weasyprint")
    collected = _Collected()
    level, disabled, propagate = logger.level, logger.disabled, logger.propagate
    logger.addHandler(collected)
    logger.setLevel(logging.WARNING)
    logger.disabled, logger.propagate = False, aloud
    try:
        yield
    except fatal as error:  # a BaseException, which no caller's ``except Exception`` would see
        raise PdfFault(f"文件里引用了不允许的地址，没有做成PDF：{error.__cause__ or error}") from error
    finally:
        logger.removeHandler(collected)
        logger.setLevel(level)
        logger.disabled, logger.propagate = disabled, propagate
    if collected.messages:
        raise _fault(collected.messages)


def _fault(messages: list[str]) -> PdfFault:
    """Word WeasyPrint's warnings for people: what concerns the machine before what concerns the text."""
    if any("HarfBuzz-Subset" in message for message in messages):
        return PdfFault(f"缺少字体裁剪库，做PDF要慢十倍。请运行：{APT_LINE}")
    signs = sorted({sign for message in messages if ".notdef" in message for sign in _CODE_POINT.findall(message)})
    if signs:
        shown = "、".join(f"{chr(int(sign[2:], 16))}（{sign}）" for sign in signs[:5])
        return MissingGlyphs(f"字体里没有这些字，印出来会是方框，没有做成PDF：{shown}。请换成别的字。")
    first = _DATA.sub(r"\1…", messages[0])[:200]
    return PdfFault(f"排版有{len(messages)}处不对，没有做成PDF：{first}")


@contextmanager
def collector_held_off() -> Iterator[None]:
    """Hold Python's cyclic collector off: it finds nothing during a render and takes a fifth of the time.

    A caller with more to do for the same document holds it off for the whole of it: what a render leaves is then
    collected when the document is done, not while its rows are written.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# --- The probe ----------------------------------------------------------------------------------------------------


@functools.cache
def probe() -> None:
    """Set one line of Chinese and see that the right fonts, really bold ones, and the fast subsetter were used.

    Done once per process, at the start of web and worker; a fault is found again each time.

    :raises PdfFault: with the one line that mends it.
    """
    lines = "".join(f'<p class="f{number}">{_PROBE_TEXT}<b>{_PROBE_TEXT}</b></p>' for number, _ in enumerate(FAMILIES))
    rules = "".join(f'.f{number} {{ font-family: "{family}" }}' for number, family in enumerate(FAMILIES))
    html = f'<!DOCTYPE html><html lang="zh-CN"><title>字体</title><body>{lines}'
    with _lock:
        with _faults():
            style = _weasyprint().CSS(string=rules, url_fetcher=_fetcher(), font_config=_fonts())
        try:
            document, _ = _render(html, (style,), aloud=False)
        except MissingGlyphs as fault:
            raise PdfFault(f"缺中文字体，印出来会是方框。请运行：{APT_LINE}") from fault
    used = {(font.family, font.weight): font.file_content for font in document.fonts.values()}
    for family in FAMILIES:
        regular, bold = used.get((family, 400)), used.get((family, 700))
        # A bold made up from the regular face carries the very same outlines.
        if regular is None or bold is None or regular == bold:
            raise PdfFault(f"缺中文字体{family}（常规和粗体）。请运行：{APT_LINE}")
