"""Photographs and films are shown without where and when they were taken, and look as they did."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.traces import without_traces

HOME = "31 deg 13 min 43 N"


def a_picture() -> Image.Image:
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste((200, 30, 30), (0, 0, 10, 20))
    return picture


def exif_of_home(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "TELLTALE phone"
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 43.0)
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 08:15:00"
    return exif


@pytest.mark.parametrize("orientation", [1, 6, 8])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_photograph_keeps_its_pixels_and_which_way_up_and_loses_place_and_time(
    *, orientation: int, progressive: bool
) -> None:
    buffer = io.BytesIO()
    a_picture().save(
        buffer,
        "JPEG",
        exif=exif_of_home(orientation),
        progressive=progressive,
        comment=b"TELLTALE",
        xmp=b"TELLTALE home",
    )
    sent = buffer.getvalue() + b"TELLTALE film behind the picture"

    shown = without_traces(sent, "image/jpeg")

    assert b"TELLTALE" in sent
    assert b"TELLTALE" not in shown
    assert b"2026:11:20" not in shown
    before, after = Image.open(io.BytesIO(sent)), Image.open(io.BytesIO(shown))
    assert before.tobytes() == after.tobytes()
    assert ({0x0112: orientation} if orientation > 1 else {}) == dict(after.getexif())


def test_a_drawing_loses_what_was_written_into_it() -> None:
    told, buffer = PngInfo(), io.BytesIO()
    told.add_text("Location", f"TELLTALE {HOME}")
    told.add_itxt("Author", "TELLTALE", zip=True)
    a_picture().save(buffer, "PNG", pnginfo=told, exif=exif_of_home(6))

    shown = without_traces(buffer.getvalue() + b"TELLTALE", "image/png")

    assert b"TELLTALE" not in shown
    assert b"eXIf" not in shown
    assert a_picture().tobytes() == Image.open(io.BytesIO(shown)).tobytes()


def test_a_film_keeps_its_length_and_loses_the_boxes_of_its_device() -> None:
    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    place = box(b"udta", box(b"\xa9xyz", b"+31.2286+121.4747/TELLTALE"))
    film = box(b"ftyp", b"isom") + box(b"moov", box(b"trak", place) + place) + box(b"mdat", b"udta pictures")

    shown = without_traces(film, "video/mp4")

    assert len(film) == len(shown)
    assert b"TELLTALE" not in shown
    assert shown.endswith(box(b"mdat", b"udta pictures"))


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "video/mp4", "application/pdf"])
def test_broken_files_end_somewhere(media_type: str) -> None:
    for head in (
        b"\xff\xd8\xff\xe1",
        b"\xff\xd8\xff\xda\xff\xff",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xff",
        bytes(8),
        b"\0\0\0\1moov",
    ):
        for length in range(0, 60, 7):
            without_traces(head + bytes(range(length)), media_type)
