"""QR codes: inline SVG for the screen, a small picture for paper."""

from __future__ import annotations

import io

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET = 4  # modules around the code, as the standard asks


def qr_svg(address: str, *, size: str = "25mm", quiet: int = QUIET, title: str = "扫码核对") -> SafeString:
    """Draw an address as a QR code: inline SVG, crisp, black on white whatever the page's look.

    ``size``: width and height with their unit, the quiet zone of ``quiet`` modules included. Below 25 mm phones may
    fail to read a print.
    """
    code = segno.make(address, error="m", micro=False)
    side = code.symbol_size(border=quiet)[0]
    drawn = io.StringIO()
    for y, modules in enumerate(code.matrix_iter(border=quiet)):
        row, x = list(modules), 0
        while x < side:
            start = x
            while x < side and row[x]:
                x += 1
            if x > start:
                drawn.write(f"M{start} {y}h{x - start}v1H{start}z")
            x += 1
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" role="img" '
        'aria-label="{}" shape-rendering="crispEdges"><rect width="{}" height="{}" fill="#fff"/>'
        '<path fill="#000" d="{}"/></svg>',
        size, size, side, side, title, side, side, drawn.getvalue(),
    )  # fmt: skip


def qr_image(address: str, *, title: str = "扫码核对") -> SafeString:
    """Draw an address as a QR code for paper, 25 mm wide (print.css), the sheet itself being the quiet zone.

    A picture lies in the PDF once; the SVG would be drawn anew on every page whose foot shows it.
    """
    code = segno.make(address, error="m", micro=False)
    uri = code.png_data_uri(scale=8, border=0)
    return format_html('<img class="qr" alt="{}" src="{}"/>', title, uri)
