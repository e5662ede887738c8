"""Colours that stay readable, logos that are pictures, rosters that are taken whole or not at all."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import logo, palette
from server.domain.refusals import Refusal, Refused
from server.domain.roster_file import FILE_MAX_BYTES, RosterRefused, codes_in

CODES = ["K7QM2WXDK7QM2WXD", "A234567890123456", "ZZZZ567890123456"]


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_becomes_readable_on_paper_by_day_and_by_night(number: int) -> None:
    both = palette.palette(f"#{number:06x}")
    for scheme, paper in ((both.light, palette.LIGHT_PAPER), (both.dark, palette.DARK_PAPER)):
        assert palette.contrast(scheme.on_accent, scheme.accent) >= 4.5
        assert palette.contrast(scheme.accent, paper) >= 3
        assert palette.contrast(scheme.link, paper) >= 7


def test_a_colour_that_reads_well_stays_as_it_was_picked() -> None:
    assert palette.palette("#0b6e69").light.accent == "#0b6e69"
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)


def png(width: int = 2, height: int = 2) -> bytes:
    """As much of a PNG as is looked at."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08" * 9


def jpeg(width: int, height: int) -> bytes:
    """A JPEG with a segment before its frame."""
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" * 10
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame


WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x04\x00\x00"


@pytest.mark.parametrize(("raw", "kind"), [(png(), "png"), (jpeg(9, 7), "jpg"), (WEBP, "webp")])
def test_a_picture_is_named_by_its_bytes(raw: bytes, kind: str) -> None:
    name = logo.name_of(raw)
    assert logo.NAME.fullmatch(name) and name.endswith(f".{kind}")
    assert logo.name_of(raw + b"more") != name


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\x00" * 40,
        png(0, 5),
        png(4097, 5),
        jpeg(0, 0),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" * 9,
        WEBP[:20],
        png() + b"\x00" * logo.MAX_BYTES,
    ],
)
def test_what_is_no_small_picture_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        logo.name_of(raw)
    assert refused.value.field == "logo"


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", WEBP[:16], png()[:16]]))
def test_no_bytes_break_the_reading_of_a_logo(raw: bytes, head: bytes) -> None:
    try:
        logo.name_of(head + raw)
    except Refused as refused:
        assert refused.refusal in (Refusal.BAD_INPUT, Refusal.TOO_LARGE)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(CODES),
        "code\r\n" + "\r\n".join(CODES) + "\r\n\r\n",
        "\ufeffCode;Name\n" + "\n".join(f"{code};Nobody Example" for code in CODES),
        "\n".join(f'"{code[:4]}-{code[4:]}","Example, Nobody"' for code in CODES).lower(),
    ],
)
def test_the_first_column_is_taken_and_names_are_not(text: str) -> None:
    assert codes_in(text.encode()) == CODES


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{CODES[0]}\nshort\n{CODES[1]}\nNobody Example\n{CODES[0]}", [2, 4, 5]),
        (f"{CODES[0]}\n=HYPERLINK(1234567890)", [2]),
        (f'{CODES[0]}\n"{CODES[1]}', [2]),
        ("", []),
        ("code\n", []),
    ],
)
def test_one_odd_line_and_nothing_is_taken(text: str, lines: list[int]) -> None:
    with pytest.raises(RosterRefused) as refused:
        codes_in(text.encode())
    assert [line for line, _ in refused.value.lines] == lines
    assert "Nobody" not in str(refused.value.lines)  # a cell may be a name: it is not repeated


def test_a_file_that_is_no_text_or_too_large_is_refused() -> None:
    with pytest.raises(RosterRefused) as refused:
        codes_in(f"{CODES[0]}\n".encode() + b"\xff\xfe")
    assert refused.value.lines[0][0] == 2
    with pytest.raises(RosterRefused, match="8 MiB"):
        codes_in(b"x" * (FILE_MAX_BYTES + 1))
