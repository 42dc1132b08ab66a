"""What every template may use to look right: asset addresses, drawings, dates, Markdown, the page's language."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import get_locale

from webapp.web import dates
from webapp.web.assets import init_assets
from webapp.web.drawing.avatars import avatar
from webapp.web.drawing.bars import bar, chart, threshold
from webapp.web.drawing.covers import cover
from webapp.web.drawing.qr import qr
from webapp.web.drawing.ring import ring
from webapp.web.drawing.strips import strip
from webapp.web.markdown import render_markdown


def html_lang() -> str:
    """Return the language of the page as a BCP 47 tag."""
    locale = get_locale()
    return str(locale).replace("_", "-") if locale else "en"


def html_dir() -> str:
    """Return "rtl" where the page's language is written from right to left, else "ltr"."""
    locale = get_locale()
    return locale.text_direction if locale else "ltr"


def init_look(app: Flask) -> None:
    """Give the app's templates everything that the macros in templates/components need."""
    init_assets(app)
    helpers: dict[str, Callable[..., Any]] = {
        "html_lang": html_lang,
        "html_dir": html_dir,
        "draw_avatar": avatar,
        "draw_bar": bar,
        "draw_chart": chart,
        "draw_cover": cover,
        "draw_qr": qr,
        "draw_ring": ring,
        "draw_strip": strip,
        "draw_threshold": threshold,
        "when": dates.when,
        "span": dates.span,
        "short": dates.short,
        "short_day": dates.short_day,
        "day_of": dates.day_of,
        "day_parts": dates.day_parts,
        "own_time": dates.own_time,
        "zone_name": dates.zone_name,
        "ago": dates.ago,
        "iso": dates.iso,
    }
    for name, function in helpers.items():
        app.add_template_global(function, name)
    app.add_template_filter(render_markdown, "markdown")
