"""A meeting's colour made readable: from the one that the organiser picked, a pair for each scheme.

Contrast is WCAG 2's ratio. The accent fills buttons (3 to 1 against the paper), the ink on it and the
links are text (4.5 and 7 to 1).
"""

from __future__ import annotations

from dataclasses import dataclass

LIGHT_PAPER, LIGHT_INK = "#faf8f4", "#1b1f24"
DARK_PAPER, DARK_INK = "#14171a", "#e9e6df"
WHITE, BLACK = "#ffffff", "#000000"
SHAPE, TEXT = 3.0, 7.0
STEPS = 20


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of light or dark: the accent as a filled shape, the ink on it, the accent as text."""

    accent: str
    on_accent: str
    link: str


@dataclass(frozen=True, slots=True)
class Palette:
    """Both schemes."""

    light: Scheme
    dark: Scheme


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (byte / 255 for byte in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio of two colours `#rrggbb`: 1 (the same) to 21 (black on white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(colour: str, other: str, step: int) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * step / STEPS):02x}" for a, b in pairs)


def _towards(colour: str, ink: str, paper: str, least: float) -> str:
    """`colour`, mixed with the ink just as far as it needs to stand out from the paper."""
    for step in range(STEPS):
        mixed = _mixed(colour, ink, step)
        if contrast(mixed, paper) >= least:
            return mixed
    return ink


def _scheme(colour: str, ink: str, paper: str) -> Scheme:
    accent = _towards(colour, ink, paper, SHAPE)
    on_accent = max((WHITE, BLACK), key=lambda on: contrast(on, accent))
    return Scheme(accent, on_accent, _towards(colour, ink, paper, TEXT))


def palette(colour: str) -> Palette:
    """The palette for a colour `#rrggbb`."""
    return Palette(_scheme(colour, LIGHT_INK, LIGHT_PAPER), _scheme(colour, DARK_INK, DARK_PAPER))


def stylesheet(colour: str) -> str:
    """The palette as CSS custom properties; holds nothing but colours that were computed here."""
    both = palette(colour)
    light, dark = (
        f":root {{ --accent: {s.accent}; --on-accent: {s.on_accent}; --link: {s.link}; }}"
        for s in (both.light, both.dark)
    )
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"
