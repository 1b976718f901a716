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


@cache
def _grain(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 22).convert("RGB")


def _taken(picture: Image.Image, chance: random.Random) -> bytes:
    """Return the picture as a phone would hand it in: soft, a little grain, JPEG."""
    soft = picture.filter(ImageFilter.GaussianBlur(0.8 + chance.random() / 2))
    out = io.BytesIO()
    Image.blend(soft, _grain(picture.size), 0.06).save(out, "JPEG", quality=82)
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


def paper_scan(title: str, lines: Sequence[str]) -> bytes:
    """Return a JPEG of a paper as an office scans it, small; the same for the same words."""
    chance = random.Random(f"{title}{lines}")
    scan = Image.new("L", (496, 702), 246)
    draw = ImageDraw.Draw(scan)
    draw.text((248, 70), title, 40, _font(22), anchor="mm")
    for row, line in enumerate(lines):
        draw.text((56, 118 + row * 30), line, 60, _font(15))
    top = 118 + len(lines) * 30 + 16
    for row in range(chance.randint(8, 15)):  # what is too small to read
        draw.line((56, top + row * 24, chance.randint(300, 440), top + row * 24), 150, 5)
    draw.ellipse((318, 560, 418, 660), outline=120, width=4)
    draw.text((368, 610), "印章", 120, _font(18), anchor="mm")
    out = io.BytesIO()
    scan.save(out, "JPEG", quality=60)
    return out.getvalue()


SKIES, WALLS, LEAVES = (
    ("#c9dcea", "#dfe3e3", "#b9d3e8"),
    ("#b98a6a", "#c8b79a", "#a9705a", "#b4b1a8"),
    ("#5f7f4a", "#7d9150"),
)


def compound_photograph(name: str, number: int, floors: int, *, courtyard: bool = False) -> bytes:
    """Return a JPEG of a house of so many floors with its trees and cars; the houses of one name are of one colour."""
    wall, chance = random.Random(name).choice(WALLS), random.Random(f"{name}{number}")
    wide, high, base = 900, 600, 500
    picture = Image.new("RGB", (wide, high), chance.choice(SKIES))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, base, wide, high), "#8d8a83")
    left, storey = chance.randint(30, 110), 64 if courtyard else 56
    floors = 1 if courtyard else min(floors, 7)
    right, top = wide - chance.randint(20, 150), base - floors * storey - 14
    draw.rectangle((left, top, right, base), wall)
    if courtyard:
        draw.polygon([(left - 20, top), (right + 20, top), (right - 40, top - 70), (left + 40, top - 70)], "#66605a")
    else:
        draw.rectangle((left - 6, top - 12, right + 6, top), "#7a746b")
    for floor in range(floors):
        y = base - (floor + 1) * storey + 10
        for number, x in enumerate(range(left + 18, right - 50, 62)):
            lit = chance.random() < 0.12
            draw.rectangle((x, y, x + 36, y + 32), "#e9d9a6" if lit else "#55656f", "#e8e4da", 3)
            if floor and (number + floor) % 5 == 0:
                draw.rectangle((x + 8, y + 36, x + 28, y + 46), "#e5e5e0")  # an air conditioner
            if not floor and number % 4 == 2:
                draw.rectangle((x, y, x + 36, base), "#4a3a30")  # a door
    for _ in range(chance.randint(2, 4)):
        x, size = chance.randint(20, wide - 20), chance.randint(50, 95)
        draw.rectangle((x - 6, base - size, x + 6, base + 20), "#5b4735")
        draw.ellipse((x - size, base - 3 * size, x + size, base - size // 2), chance.choice(LEAVES))
    for _ in range(chance.randint(1, 3)):
        x = chance.randint(40, wide - 180)
        draw.rounded_rectangle((x, base + 30, x + 130, base + 72), 14, chance.choice(("#d8d8d6", "#33383d", "#7b2d26")))
        draw.ellipse((x + 14, base + 60, x + 42, base + 88), "#1d1d1d")
        draw.ellipse((x + 88, base + 60, x + 116, base + 88), "#1d1d1d")
    return _taken(picture, chance)
