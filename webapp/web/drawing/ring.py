"""The roll as seats in the round: filled where somebody sits, open where somebody still may."""

import functools
import math

from markupsafe import Markup

from webapp.web.drawing.svg import circle

MOST_SEATS = 120  # beyond that a seat stands for several, and the share is what is shown
_ROW_GAPS = {1: 0.0, 2: 11.0, 3: 10.0, 4: 8.0}
_ROWS_UP_TO = ((16, 1), (36, 2), (90, 3))
_OUTER = 46.0
_LARGEST_SEAT = 4.6
_OUTLINE = 0.45


def _seats(total: int) -> tuple[list[tuple[float, float]], float]:
    """Return the places of the seats as (angle, radius) clockwise from the top, and a seat's radius."""
    rows = next((rows for most, rows in _ROWS_UP_TO if total <= most), 4)
    gap = _ROW_GAPS[rows]
    radii = [_OUTER - row * gap for row in range(rows)]
    around = sum(radii)
    counts = [math.floor(total * radius / around + 0.5) for radius in radii]
    counts[0] += total - sum(counts)
    places = [(2 * math.pi * (seat + 0.5) / count, radius)
              for radius, count in zip(radii, counts, strict=True) for seat in range(count)]  # fmt: skip
    places.sort(key=lambda place: (round(place[0], 4), -place[1]))
    room = [2 * math.pi * radius / count * 0.37 for radius, count in zip(radii, counts, strict=True) if count]
    return places, min([_LARGEST_SEAT if rows == 1 else gap * 0.37, *room])


@functools.lru_cache(maxsize=1024)
def _ring(taken: int, total: int, cls: str) -> Markup:
    total = max(total, 1)
    seats = min(total, MOST_SEATS)
    filled = round(min(max(taken, 0), total) * seats / total)
    if 0 < taken < total:  # somebody there shows, and so does a last free place
        filled = min(max(filled, 1), seats - 1)
    places, seat = _seats(seats)
    dots = ["", ""]
    for index, (angle, radius) in enumerate(places):
        x, y = 50 + radius * math.sin(angle), 50 - radius * math.cos(angle)
        is_open = index >= filled
        dots[is_open] += circle(x, y, seat - (_OUTLINE if is_open else 0), digits=2)
    return Markup(
        '<svg class="{}" viewBox="-2 -2 104 104" aria-hidden="true" focusable="false">'
        '<path class="ring__taken" d="{}"/><path class="ring__open" d="{}"/></svg>'
    ).format(f"ring {cls}".strip(), *dots)


def ring(taken: int, total: int | None, cls: str = "") -> Markup:
    """Return the ring with `taken` of `total` seats filled; without a limit (None) every seat that there is is filled.

    It is decoration: its number stands beside it in words.
    """
    return _ring(taken, total if total is not None else max(taken, 1), cls)
