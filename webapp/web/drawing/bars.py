"""Bars and charts in percentages without a viewBox, so that lines and words keep their size and no style is needed.

A right-to-left page is mirrored here, on the server: everything is told whether it is (`rtl`).
"""

from collections.abc import Sequence

from markupsafe import Markup

from webapp.web.drawing.svg import number

_LEFT = 8.0  # the share of a chart's width that its scale takes
_GAP = 0.8  # between the two parts of one column, in percent of the height
_STEPS = (1, 2, 3, 4, 5)
_LINES = 3
_EDGE = 15.0  # so near to an end, words begin or end at the line, not around it


def _share(part: float, whole: float) -> float:
    return 100.0 * min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0


def _at(share: float, *, rtl: bool) -> str:
    return number(100 - share if rtl else share, 2) + "%"


def bar(part: float, whole: float, need: float | None = None, cls: str = "", *, rtl: bool = False) -> Markup:
    """Return a bar filled to `part` of `whole`, with a line at `need` percent (0 to 100) if there is one.

    It is decoration: the numbers stand beside it in words.
    """
    width = _share(part, whole)
    line = Markup("")
    if need is not None:
        line = Markup('<line class="bar__need" x1="{0}" x2="{0}" y1="0" y2="100%"/>').format(_at(need, rtl=rtl))
    return Markup(
        '<svg class="{}" aria-hidden="true" focusable="false">'
        '<rect class="bar__track" x="0" y="50%" width="100%" height="1.75rem" transform="translate(0 -14)"/>'
        '<rect class="bar__fill" x="{}" y="50%" width="{}" height="1.75rem" transform="translate(0 -14)"/>{}</svg>'
    ).format(f"bar {cls}".strip(), number(100 - width, 2) + "%" if rtl else "0", number(width, 2) + "%", line)


def threshold(need: float, text: str, *, rtl: bool = False) -> Markup:
    """Return the mark above a list of bars that says how far they must reach: at `need` percent, with its words."""
    share = 100 - need if rtl else need
    anchor = "start" if share < _EDGE else "end" if share > 100 - _EDGE else "middle"
    at = _at(need, rtl=rtl)
    return Markup(
        '<svg class="tally__need" aria-hidden="true" focusable="false">'
        '<text x="{0}" y="1rem" text-anchor="{1}">{2}</text><line x1="{0}" x2="{0}" y1="1.35rem" y2="2.1rem"/></svg>'
    ).format(at, anchor, text)


def _scale(most: float) -> tuple[float, float]:
    """Return a round top of the scale and the step between its lines."""
    step, power = 1.0, 1.0
    while True:
        for factor in _STEPS:
            step = factor * power
            if step * _LINES >= most:
                return step * _LINES, step
        power *= 10


def chart(columns: Sequence[tuple[str, float, float]], label: str, *, rtl: bool = False) -> Markup:
    """Return columns of two parts (name, yes, no) over a scale; `label` says what they show and where numbers are."""
    top, step = _scale(max((yes + no for _name, yes, no in columns), default=1.0) or 1.0)

    def x(share: float, width: float = 0.0) -> str:
        return number(100 - share - width if rtl else share, 2) + "%"

    parts: list[Markup] = []
    anchor = "end" if rtl else "start"
    for line in range(1, _LINES + 1):
        y = number(100 - 100 * line * step / top, 1) + "%"
        parts.append(
            Markup(
                '<line class="chart__grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>'
                '<text x="{}" y="{y}" dy="0.35em" text-anchor="{}">{}</text>'
            ).format(x(_LEFT), x(100), x(0), anchor, number(line * step), y=y)
        )
    each = (100 - _LEFT) / max(len(columns), 1)
    width = each * 0.6
    for index, (_name, yes, no) in enumerate(columns):
        at = x(_LEFT + index * each + each * 0.2, width)
        bottom = 100.0
        for cls, value in (("chart__yes", yes), ("chart__no", no)):
            if value <= 0:
                continue
            height = 100 * value / top
            parts.append(
                Markup('<rect class="{}" x="{}" width="{}%" y="{}%" height="{}%"/>').format(
                    cls, at, number(width, 2), number(bottom - height, 2), number(height, 2)
                )
            )
            bottom -= height + _GAP
    parts.append(Markup('<line class="chart__base" x1="{}" x2="{}" y1="100%" y2="100%"/>').format(x(_LEFT), x(100)))
    return Markup('<svg class="chart__plot" role="img" aria-label="{}">{}</svg>').format(label, Markup("").join(parts))
