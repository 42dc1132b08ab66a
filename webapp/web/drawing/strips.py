"""The strip of colour on top of an e-mail: the event's own, in a table's cells, since mail readers show no drawings."""

import functools
import uuid
from typing import Final

from markupsafe import Markup

from webapp.web.drawing.covers import face

ACROSS: Final = 24
DOWN: Final = 4
HEIGHT: Final = 16

# The dyes of static/css/tokens.css in the light scheme, as mail readers know colours.
_MADDER, _ROSE, _WELD, _WOAD, _SKY = "#b83739", "#f0a8a5", "#f1c047", "#295a8e", "#99c5df"
_MOSS, _LEAF, _HEATHER, _LILAC = "#3d7140", "#abca8c", "#844b80", "#d3b5d9"
_WALNUT, _LINEN, _NIGHT = "#523928", "#ece8d8", "#1e2f44"
COLOURS: Final[dict[str, tuple[str, str, str, str]]] = {
    "madder": (_ROSE, _MADDER, _LINEN, _WALNUT),
    "weld": (_WELD, _WALNUT, _MADDER, _LINEN),
    "woad": (_SKY, _WOAD, _LINEN, _WELD),
    "moss": (_LEAF, _MOSS, _LINEN, _MADDER),
    "heather": (_LILAC, _HEATHER, _LINEN, _WELD),
    "walnut": (_WALNUT, _WELD, _MADDER, _LINEN),
    "linen": (_LINEN, _WOAD, _MADDER, _WELD),
    "dusk": (_NIGHT, _ROSE, _WELD, _SKY),
}


@functools.lru_cache(maxsize=256)
def _strip(event: uuid.UUID) -> Markup:
    _kind, palette, dice = face(event)
    colours = COLOURS[palette]
    # one quadrant of four by two, mirrored into a square and set six times in a row: stitches, as on a cover
    one, two = dice.choice((1, 2, 3)), dice.choice((1, 2, 3))
    quadrant = dice.choice([((0, one), (two, 0)), ((one, 0), (0, two)), ((0, one), (0, two)), ((one, two), (0, one))])
    rows = []
    for y in range(DOWN):
        row = [colours[quadrant[min(y, 3 - y)][min(x % 4, 3 - x % 4)]] for x in range(ACROSS)]
        cells = Markup("").join(Markup('<td height="{}" bgcolor="{}"></td>').format(HEIGHT, colour) for colour in row)
        rows.append(Markup("<tr>{}</tr>").format(cells))
    return Markup(
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="{}" '
        'style="table-layout:fixed;border-radius:10px 10px 0 0;overflow:hidden;font-size:1px;line-height:1px;">'
        "{}</table>"
    ).format(colours[0], Markup("").join(rows))


def strip(event: uuid.UUID | str) -> Markup:
    """Return the coloured strip of the event with that UUID, as rows of a table for an e-mail's head."""
    return _strip(event if isinstance(event, uuid.UUID) else uuid.UUID(event))
