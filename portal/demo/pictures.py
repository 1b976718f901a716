"""Photographs as the demo's people would take them: the sheet on a notice board, a slip that somebody signed."""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WALL, WOOD, CORK, PAPER, INK, BLUE, PIN = "#b7b2a6", "#6b4a2f", "#b98f5e", "#fbfaf5", "#26231e", "#1d3d8f", "#b3261e"
WIDTH, HEIGHT = 1200, 900
SIMPLIFIED = 2  # the face of that name in Noto's collection


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that the product's PDFs need anyway."""
    asked = ["fc-match", "-f", "%{file}", "Noto Sans CJK SC"]
    path = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout
    return ImageFont.truetype(path, size, index=SIMPLIFIED if path.endswith(".ttc") else 0)


def _sheet(title: str, lines: Sequence[str], size: tuple[int, int]) -> Image.Image:
    """Draw a printed sheet: its title, then ruled lines of text, small as a photograph shows them."""
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((size[0] / 2, 34), title, INK, _font(21), anchor="mm")
    draw.line((28, 58, size[0] - 28, 58), INK, 3)
    for row, line in enumerate(lines):
        top = 78 + row * 44
        draw.text((30, top), line, INK, _font(16))
        draw.line((28, top + 32, size[0] - 28, top + 32), "#cfc8b8", 1)
    return sheet


def _laid(
    ground: Image.Image, sheet: Image.Image, place: tuple[int, int], chance: random.Random, *, pins: bool = True
) -> None:
    """Lay a sheet down a little askew, with its shadow, and on a board with two pins."""
    turned = sheet.convert("RGBA").rotate(chance.uniform(-2.2, 2.2), Image.Resampling.BICUBIC, expand=True)
    shadow = Image.new("RGBA", turned.size, (30, 20, 10, 110))
    ground.paste(shadow, (place[0] + 7, place[1] + 9), turned.getchannel("A"))
    ground.paste(turned, place, turned)
    draw = ImageDraw.Draw(ground)
    for across in (0.2, 0.8) if pins else ():
        x, y = place[0] + int(turned.width * across), place[1] + 18
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), PIN, "#5c1410", 2)


def _taken(picture: Image.Image, chance: random.Random) -> bytes:
    """Return the picture as a phone would hand it in: soft, a little grain, JPEG."""
    grain = Image.effect_noise(picture.size, 22).convert("RGB")
    soft = picture.filter(ImageFilter.GaussianBlur(0.8 + chance.random() / 2))
    out = io.BytesIO()
    Image.blend(soft, grain, 0.06).save(out, "JPEG", quality=82)
    return out.getvalue()


def notice_photograph(title: str, lines: Sequence[str], place: str) -> bytes:
    """Return a JPEG of the posted sheet on the notice board at a place; the same for the same words."""
    chance = random.Random(f"{title}{place}")
    ground = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    draw = ImageDraw.Draw(ground)
    draw.rectangle((70, 60, WIDTH - 70, HEIGHT - 60), CORK, WOOD, 26)
    draw.rectangle((WIDTH / 2 - 150, 78, WIDTH / 2 + 150, 130), WOOD)
    draw.text((WIDTH / 2, 104), place, PAPER, _font(24), anchor="mm")
    left = chance.choice((150, 420))
    other = _sheet("温馨提示", ["楼道里不要堆放杂物", "电动车请到车棚充电", "投诉电话见门岗"], (300, 250))
    _laid(ground, other, (left + 480 if left < 300 else 110, 240), chance)
    _laid(ground, _sheet(title, lines, (440, 600)), (left, 150), chance)
    return _taken(ground, chance)


def slip_photograph(lines: Sequence[str], signed: str) -> bytes:
    """Return a JPEG of a 代录 slip filled in and signed by hand, lying on a table."""
    chance = random.Random(signed)
    ground = Image.new("RGB", (WIDTH, HEIGHT), "#8a6f52")
    sheet = _sheet("代录单", lines, (760, 540))
    draw = ImageDraw.Draw(sheet)
    draw.text((430, 470), "签名", INK, _font(18))
    name = Image.new("RGBA", (220, 90), (0, 0, 0, 0))
    ImageDraw.Draw(name).text((10, 10), signed, BLUE, _font(44))
    name = name.rotate(6, Image.Resampling.BICUBIC, expand=True)
    sheet.paste(name, (490, 420), name)
    _laid(ground, sheet, (210, 170), chance, pins=False)
    return _taken(ground, chance)
