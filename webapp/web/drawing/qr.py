"""Codes to scan, dark on white in both colour schemes, or doors cannot read them."""

import functools

import segno
from markupsafe import Markup

_BORDER = 4  # what the standard asks for


@functools.lru_cache(maxsize=256)
def _qr(text: str, label: str) -> Markup:
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=_BORDER)]
    size = len(rows)
    path = ""
    for y, row in enumerate(rows):
        x = 0
        while x < size:
            if not row[x]:
                x += 1
                continue
            start = x
            while x < size and row[x]:
                x += 1
            path += f"M{start} {y}h{x - start}v1h{start - x}z"
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">'
        '<path class="qr__ground" d="M0 0h{0}v{0}H0z"/><path class="qr__ink" d="{2}"/></svg>'
    ).format(size, label, path)


def qr(text: str, label: str) -> Markup:
    """Return a QR code of `text` (error correction M), called `label` for those who do not see it."""
    return _qr(text, str(label))
