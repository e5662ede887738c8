"""A small picture: measured points and the fitted line, as SVG without a library."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, PAD = 640, 320, 56, 44, 16
INK, PAPER, LINE, SHY = "#1f2430", "#fffdf7", "#b3541e", "#8a8f98"


# Where an axis may end: a quarter of each is a number that can be read, and none is far above the one before.
ENDS = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = float(10 ** math.floor(math.log10(value)))
    return next(end * power for end in ENDS if end * power >= value)


def _label(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def svg(
    points: Sequence[tuple[float, float, bool]], base: float, slope: float, x: str, y: str
) -> str:
    """Points (x, y, not claimed) and the line base + slope * x. Hollow points are not claimed."""
    right = _round_up(max(px for px, _, _ in points))
    top = _round_up(max(py for _, py, _ in points))
    wide, high = WIDTH - LEFT - PAD, HEIGHT - BOTTOM - PAD

    def at(px: float, py: float) -> tuple[float, float]:
        return LEFT + wide * px / right, HEIGHT - BOTTOM - high * py / top

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f"<title>{y} against {x}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
    ]
    for step in range(5):
        gx, gy = at(right * step / 4, top * step / 4)
        anchor = "end" if step == 4 else "middle"  # a long number must not leave the picture
        parts.append(
            f'<path d="M{LEFT} {gy:.1f}H{WIDTH - PAD}" stroke="{SHY}" stroke-opacity=".35"/>'
            f'<text x="{LEFT - 8}" y="{gy + 4:.1f}" text-anchor="end">{_label(top * step / 4)}</text>'
            f'<text x="{gx:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">'
            f"{_label(right * step / 4)}</text>"
        )
    parts.append(f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 6}" text-anchor="middle">{x}</text>')
    parts.append(f'<text x="{LEFT + 6}" y="{PAD - 3}">{y}</text>')
    if not math.isnan(slope):
        end = min(right, (top - base) / slope) if slope > 0 else right
        (x1, y1), (x2, y2) = at(0, max(0.0, base)), at(end, base + slope * end)
        parts.append(
            f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{LINE}" stroke-width="2"/>'
        )
    for px, py, shy in points:
        cx, cy = at(px, py)
        fill = PAPER if shy else LINE
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="4" fill="{fill}" stroke="{LINE}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"
