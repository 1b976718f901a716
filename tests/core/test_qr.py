"""The QR code on a posted paper is read back from a picture of the paper."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from core import pdf
from core.charts import QUIET, qr_image, qr_svg

ADDRESS = "https://wuhao.example.gov.cn/verify/7K2M-9QXA/"


def photographed(code: str, folder: Path, dpi: int, styles: tuple[str, ...] = ()) -> list[str]:
    """Print the code on A4 with text beside it, and read what a camera of so many dots per inch sees."""
    html = f'<html lang="zh-CN"><title>码</title><body>{code}<p>扫码核对，或在网站输入公示编号 7K2M-9QXA'
    (folder / "page.pdf").write_bytes(pdf.render(html, base_styles=styles).bytes)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-gray", folder / "page.pdf", folder / "page"], check=True)
    with Image.open(next(folder.glob("page*.png"))) as picture:
        return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("dpi", [72, 100, 200])
def test_a_code_of_25_mm_is_read_from_paper(tmp_path: Path, dpi: int) -> None:
    assert photographed(qr_svg(ADDRESS), tmp_path, dpi) == [ADDRESS]


@pytest.mark.parametrize("dpi", [72, 100, 200])
def test_the_picture_on_a_ledger_is_read_from_paper(tmp_path: Path, dpi: int) -> None:
    assert photographed(qr_image(ADDRESS), tmp_path, dpi, ("core/print.css",)) == [ADDRESS]


def test_control_a_damaged_code_is_not_read(tmp_path: Path) -> None:
    broken = qr_svg(ADDRESS).replace('fill="#fff"/>', 'fill="#fff"/><path d="M0 0h30v20h-30z"/>')
    assert photographed(broken, tmp_path, 100) == []


def test_the_code_is_black_on_white_with_its_quiet_zone_and_no_style() -> None:
    root = ElementTree.fromstring(qr_svg(ADDRESS, size="30mm"))
    side = int(root.attrib["viewBox"].split()[-1])
    ground, dark = root
    assert (root.attrib["width"], root.attrib["height"], root.attrib["shape-rendering"]) == (
        "30mm",
        "30mm",
        "crispEdges",
    )
    assert (ground.attrib, dark.attrib["fill"]) == ({"width": str(side), "height": str(side), "fill": "#fff"}, "#000")
    modules = dark.attrib["d"].removesuffix("z").split("z")
    starts = [tuple(int(n) for n in m.removeprefix("M").split("h")[0].split()) for m in modules]
    assert min(x for x, _ in starts) == min(y for _, y in starts) == QUIET
    assert max(y for _, y in starts) == side - QUIET - 1
    assert not {"style", "class", "onload"} & {name for e in root.iter() for name in e.attrib}


def test_an_address_stays_in_the_picture_and_never_in_the_markup() -> None:
    svg = qr_svg('https://x/"><script>', title='"><script>')
    assert "<script" not in svg
    assert qr_svg(ADDRESS) == qr_svg(ADDRESS) != qr_svg(ADDRESS + "x")
