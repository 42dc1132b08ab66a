"""The face of an event: a pattern drawn from its UUID, the same for ever and on every machine.

A dozen kinds of pattern in eight palettes. Colours are classes (d0 to d3 fill, s0 to s3 stroke), so that one drawing
serves both colour schemes; static/css/components/cover.css dyes them. Dots are zero-length strokes with round ends and
fans are dashed arcs: that keeps a cover at a few kilobytes, and free of trigonometry that could round differently.
"""

import functools
import uuid
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from markupsafe import Markup

from webapp.web.drawing.svg import Point, box, number, polygon

WIDTH: Final = 240
HEIGHT: Final = 120
CELL: Final = 20
PALETTES: Final = ("madder", "weld", "woad", "moss", "heather", "walnut", "linen", "dusk")

_FILLED: Final = 6  # of ten cells of a stitched cover
_MASK: Final = (1 << 64) - 1
_T = TypeVar("_T")


class Dice:
    """SplitMix64 (Steele, Lea, Flood 2014), written out: its numbers must not change with the language's library."""

    def __init__(self, seed: int) -> None:
        """Take a seed of any size; all of its bits count."""
        self._state = 0
        while True:
            self._state = (self._state ^ seed) & _MASK
            self._state = self.roll()
            seed >>= 64
            if not seed:
                break

    def roll(self) -> int:
        """Return the next 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, most: int) -> int:
        """Return a whole number from 0 to `most` - 1."""
        return (self.roll() * most) >> 64

    def choice(self, things: Sequence[_T]) -> _T:
        """Return one of `things`."""
        return things[self.below(len(things))]


class Canvas:
    """Paths gathered by how they are painted: neighbours in the same paint become one path."""

    def __init__(self) -> None:
        """Begin empty."""
        self._layers: list[tuple[str, list[str]]] = []

    def _add(self, paint: str, path: str, *, anywhere: bool) -> None:
        for known, paths in self._layers if anywhere else self._layers[-1:]:
            if known == paint:
                paths.append(path)
                return
        self._layers.append((paint, [path]))

    def fill(self, colour: int | str, path: str, *, anywhere: bool = True) -> None:
        """Fill a path; `anywhere` lets it join an earlier layer of that paint, for shapes that do not overlap."""
        self._add(f'class="d{colour}"', path, anywhere=anywhere)

    def stroke(self, colour: int | str, width: float, path: str, *, extra: str = "", anywhere: bool = True) -> None:
        """Stroke a path; `extra` is further attributes."""
        self._add(f'class="s{colour}" stroke-width="{number(width, 2)}"{extra}', path, anywhere=anywhere)

    def dots(self, colour: int | str, width: float, centres: Sequence[Point], *, anywhere: bool = False) -> None:
        """Paint discs of a diameter around points."""
        path = "".join(f"M{number(x)} {number(y)}h0" for x, y in centres)
        self.stroke(colour, width, path, extra=' stroke-linecap="round"', anywhere=anywhere)

    def markup(self) -> str:
        """Return the paths."""
        return "".join(f'<path {paint} d="{"".join(paths)}"/>' for paint, paths in self._layers)


def _mirrored(dice: Dice, size: int, pick: Callable[[Dice], _T]) -> list[list[tuple[_T, bool, bool]]]:
    """Return a block of cells mirrored both ways from one quadrant: (what, flipped across, flipped down)."""
    half = size // 2
    quadrant = [[pick(dice) for _ in range(half)] for _ in range(half)]
    return [
        [(quadrant[min(y, size - 1 - y)][min(x, size - 1 - x)], x >= half, y >= half) for x in range(size)]
        for y in range(size)
    ]


def _turned(corner: int, *, across: bool, down: bool) -> int:
    """Return the corner (0 to 3, clockwise from the top left) after flipping."""
    corner = (1, 0, 3, 2)[corner] if across else corner
    return (3, 2, 1, 0)[corner] if down else corner


def _cells(across: int = WIDTH // CELL, down: int = HEIGHT // CELL) -> list[tuple[int, int]]:
    return [(x, y) for y in range(down) for x in range(across)]


def _quilt(dice: Dice, canvas: Canvas) -> None:
    block = _mirrored(dice, 6, lambda d: (d.below(4), d.choice("1123")))
    for x, y in _cells():
        (corner, colour), across, down = block[y][x % 6]
        corners = [(x * CELL, y * CELL), (x * CELL + CELL, y * CELL),
                   (x * CELL + CELL, y * CELL + CELL), (x * CELL, y * CELL + CELL)]  # fmt: skip
        missing = (_turned(corner, across=across, down=down) + 2) % 4
        canvas.fill(colour, polygon([point for at, point in enumerate(corners) if at != missing]))


def _weave(dice: Dice, canvas: Canvas) -> None:
    strips, width = dice.choice([(3, 4.0), (2, 6.0), (4, 3.0)])
    gap = (CELL - strips * width) / strips
    shift = dice.below(3)
    for x, y in _cells():
        for strip in range(strips):
            at = gap / 2 + strip * (width + gap) + width / 2
            if (x + y) % 2:
                canvas.stroke(1, width, f"M{number(x * CELL + at)} {y * CELL - 1}v22")
            else:
                colour = 2 if (x // 2 + y + shift) % 3 else 3
                canvas.stroke(colour, width, f"M{x * CELL - 1} {number(y * CELL + at)}h22")


def _stitch(dice: Dice, canvas: Canvas) -> None:
    size = 10
    block = _mirrored(dice, 12, lambda d: d.choice("11123") if d.below(10) < _FILLED else "")
    for x, y in _cells(WIDTH // size, HEIGHT // size):
        colour = block[y][x % 12][0]
        if colour:
            canvas.stroke(colour, 2.6, f"M{x * size + 2} {y * size + 2}l6 6m0-6l-6 6")


def _scale(dice: Dice, canvas: Canvas) -> None:
    size = 30
    first, second = dice.choice([("1023", "2013"), ("2031", "1032"), ("1203", "3201")])
    odd = dice.choice([3, 4, 5])
    for y in range(-1, HEIGHT // 15 + 1):
        xs = range(-1, WIDTH // size + 1)
        for level, width in enumerate((30.0, 22.0, 14.0, 6.8)):
            for order in (first, second):
                centres = [
                    (x * size + (y % 2) * 15 + 15.0, y * 15 + 15.0)
                    for x in xs
                    if (order is first) == bool((x * 3 + y) % odd)
                ]
                if centres:
                    canvas.dots(order[level], width, centres)


def _quarter(x: int, y: int, corner: int, radius: int) -> str:
    cx, cy = ((0, 0), (CELL, 0), (CELL, CELL), (0, CELL))[corner]
    r = radius
    line, arc = (
        (f"h{r}", f"{-r} {r}"),
        (f"v{r}", f"{-r} {-r}"),
        (f"h{-r}", f"{r} {-r}"),
        (f"v{-r}", f"{r} {r}"),
    )[corner]
    return f"M{x * CELL + cx} {y * CELL + cy}{line}a{r} {r} 0 0 1 {arc}z"


def _arcs(dice: Dice, canvas: Canvas) -> None:
    block = _mirrored(dice, 4, lambda d: (d.below(4), d.choice("1122"), d.choice("330")))
    small: list[tuple[str, str]] = []
    for x, y in _cells():
        (corner, colour, inner), across, down = block[y % 4][x % 4]
        corner = _turned(corner, across=across, down=down)
        canvas.fill(colour, _quarter(x, y, corner, CELL))
        small.append((inner, _quarter(x, y, corner, CELL // 2)))
    for index, inner in enumerate("03"):  # above the large ones
        path = "".join(path for colour, path in small if colour == inner)
        canvas.fill(inner, path, anywhere=index > 0)


def _kilim(dice: Dice, canvas: Canvas) -> None:
    order = dice.choice(["1203", "2130", "3120", "1302"])
    step, width = 5, 60
    shift = dice.choice([0, 30])
    for level, reach in enumerate((6, 4, 3, 1)):
        path = ""
        for column, x in enumerate(range(-30, WIDTH + 30, width)):
            for y in range(-60, HEIGHT + 61, 60):
                middle = y + (shift if column % 2 else 0)
                for row in range(-reach + 1, reach):
                    half = (reach - abs(row)) * step
                    path += f"M{x + 30 - half} {middle + row * step}h{2 * half}"
        canvas.stroke(order[level], step + 0.1, path, anywhere=False)


def _triangles(canvas: Canvas, top: int, height: int, one: str, two: str) -> None:
    foot = top + height
    for x in range(0, WIDTH, 20):
        canvas.fill(one, polygon([(x, foot - 2), (x + 10, top + 2), (x + 20, foot - 2)]))
    for x in range(0, WIDTH, 20):
        inner = polygon([(x + 6, foot - 2), (x + 10, top + height * 0.55), (x + 14, foot - 2)])
        canvas.fill(two, inner, anywhere=x > 0)


def _diamonds(canvas: Canvas, top: int, height: int, one: str, _two: str) -> None:
    foot, middle = top + height, top + height / 2
    for x in range(0, WIDTH, 24):
        canvas.fill(one, polygon([(x, middle), (x + 12, top + 1), (x + 24, middle), (x + 12, foot - 1)]))
    canvas.dots(0, height * 0.36, [(x + 12.0, middle) for x in range(0, WIDTH, 24)])


def _dots(canvas: Canvas, top: int, height: int, one: str, two: str) -> None:
    middle = top + height / 2
    canvas.dots(one, height * 0.68, [(x + 10, middle) for x in range(0, WIDTH, 20)])
    canvas.dots(two, 4.8, [(x, middle) for x in range(0, WIDTH + 1, 20)])


def _zigzag(canvas: Canvas, top: int, height: int, one: str, _two: str) -> None:
    canvas.stroke(one, 4.5, f"M-10 {top + 4}" + f"l10 {height - 8}l10-{height - 8}" * 13)


def _bars(canvas: Canvas, top: int, height: int, one: str, two: str) -> None:
    for x in range(0, WIDTH, 10):
        canvas.fill(two if (x // 10) % 2 else one, box(x + 1, top + 2, 7, height - 4))


def _lines(canvas: Canvas, top: int, _height: int, one: str, _two: str) -> None:
    canvas.fill(one, box(0, top + 3, WIDTH, 2) + box(0, top + 7, WIDTH, 2))


def _band(dice: Dice, canvas: Canvas) -> None:
    kinds = [_triangles, _diamonds, _dots, _zigzag, _bars]
    for last in range(len(kinds) - 1, 0, -1):
        other = dice.below(last + 1)
        kinds[last], kinds[other] = kinds[other], kinds[last]
    first, second, third, fourth, _fifth = kinds
    top = 0
    rows = ((24, first), (12, _lines), (24, second), (20, third), (12, _lines), (28, fourth))
    for index, (height, draw) in enumerate(rows):
        draw(canvas, top, height, "123"[index % 3], "231"[index % 3])
        top += height


def _petal(dice: Dice, canvas: Canvas) -> None:
    two = dice.below(2) == 1
    group = dice.choice([1, 2, 3])
    for x, y in _cells():
        colour = 2 if two and not (x // group + y // group) % 2 else 1
        left, top = x * CELL, y * CELL
        if (x + y) % 2 == 0:
            canvas.fill(colour, f"M{left} {top}a20 20 0 0 1 20 20a20 20 0 0 1-20-20z")
        else:
            canvas.fill(colour, f"M{left + CELL} {top}a20 20 0 0 1-20 20a20 20 0 0 1 20-20z")
    hubs = [(x * CELL, y * CELL) for x, y in _cells(13, 7)]
    large, small = dice.choice([6.0, 8.0, 11.0]), dice.choice([3.6, 5.0])
    canvas.dots(3, large, [(x, y) for x, y in hubs if x % 40 == CELL and y % 40 == CELL])
    canvas.dots(3 if two else 2, small, [(x, y) for x, y in hubs if x % 40 == 0 and y % 40 == 0])


def _rays(dice: Dice, canvas: Canvas) -> None:
    count = dice.choice([9, 11, 13])
    turn = dice.below(3)
    dash = f' stroke-dasharray="{number(62.832 / count, 2)}"'
    for row, y in enumerate(range(40, 161, 40)):
        fans = range(-40 if row % 2 else 0, WIDTH + 40, 80)
        arc = "".join(f"M{x + 20} {y}a20 20 0 0 1 40 0" for x in fans)
        canvas.stroke(0, 43, arc, anywhere=False)
        for colour in range(3):
            path = "".join(f"M{x + 20} {y}a20 20 0 0 1 40 0" for x in fans if (row + x // 80 + turn) % 3 == colour)
            if path:
                canvas.stroke("123"[colour], 40, path, anywhere=False)
        canvas.stroke(0, 41.5, arc, extra=dash, anywhere=False)
        canvas.stroke(3, 15, "".join(f"M{number(x + 32.5)} {y}a7.5 7.5 0 0 1 15 0" for x in fans), anywhere=False)


def _chevron(dice: Dice, canvas: Canvas) -> None:
    height, width = dice.choice([10, 12]), dice.choice([20, 30])
    order = dice.choice(["1020", "10203", "1213", "123"])
    rise = width * 0.6
    # a stroke across a slope is thinner than it is tall: height times the cosine, from 1 : 0.6
    thick = height * 0.8575
    for index, y in enumerate(range(-width, HEIGHT + width, height)):
        colour = order[index % len(order)]
        if colour != "0":
            wave = f"l{width}-{number(rise)}l{width} {number(rise)}" * (WIDTH // (2 * width))
            canvas.stroke(colour, thick, f"M0 {number(y + rise)}{wave}")


def _bunting(dice: Dice, canvas: Canvas) -> None:
    step, shift, flag = dice.choice([1, 2]), dice.below(3), dice.choice([16, 20, 24])
    order = dice.choice(["123", "112", "131", "1213"])
    for row, y in enumerate(range(6, 130, 24)):
        for index, x in enumerate(range(-flag // 2 if row % 2 else -flag, WIDTH + flag, flag)):
            colour = order[(index * step + row + shift) % len(order)]
            canvas.fill(colour, f"M{x + 1} {y}h{flag - 2}l-{flag // 2 - 1} 18z")
        canvas.stroke(1, 1.4, f"M0 {number(y - 0.7)}h{WIDTH}")


def _hill(dice: Dice, canvas: Canvas) -> None:
    canvas.dots(3, 34, [(dice.choice([60, 90, 150, 180]), 34)])
    start = dice.below(2)
    for row, y in enumerate((86, 106, 126, 146)):
        xs = range(-30 if row % 2 else -60, WIDTH + 61, 60)
        for level, width in enumerate((60, 48, 36, 24, 12)):
            for which in range(2):
                centres = [(x + 30, y) for index, x in enumerate(xs) if (index + start) % 2 == which]
                canvas.dots("12"[which] if level % 2 == 0 else 0, width, centres)


KINDS: Final[dict[str, Callable[[Dice, Canvas], None]]] = {
    "quilt": _quilt,
    "weave": _weave,
    "stitch": _stitch,
    "scale": _scale,
    "arcs": _arcs,
    "kilim": _kilim,
    "band": _band,
    "petal": _petal,
    "rays": _rays,
    "chevron": _chevron,
    "bunting": _bunting,
    "hill": _hill,
}
_ORDER: Final = tuple(KINDS)  # never reorder: an event's kind is its place in this row


def face(event: uuid.UUID) -> tuple[str, str, Dice]:
    """Return the kind and the palette of an event's cover, and the dice that go on to draw it."""
    dice = Dice(event.int)
    return dice.choice(_ORDER), dice.choice(PALETTES), dice


@functools.lru_cache(maxsize=512)
def _cover(event: uuid.UUID, cls: str) -> Markup:
    kind, palette, dice = face(event)
    canvas = Canvas()
    KINDS[kind](dice, canvas)
    return Markup(
        '<svg class="{}" viewBox="0 0 240 120" preserveAspectRatio="xMidYMid slice" aria-hidden="true" '
        'focusable="false">{}</svg>'
    ).format(f"cover cover--{palette} {cls}".strip(), Markup(canvas.markup()))  # noqa: S704 - made of numbers only


def cover(event: uuid.UUID | str, cls: str = "") -> Markup:
    """Return the cover of the event with that UUID. Raises ValueError when it is not one."""
    return _cover(event if isinstance(event, uuid.UUID) else uuid.UUID(event), cls)
