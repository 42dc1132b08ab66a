"""What the installation is called and allows, remembered for a few seconds so that no page asks for it twice."""

import dataclasses
import time

from flask import current_app, g

from webapp.core.database import db
from webapp.models import Site

REMEMBERED = 5.0


@dataclasses.dataclass(frozen=True)
class SiteView:
    """The site's row as pages need it."""

    name: str
    footer: str
    set_up: bool
    registration: str


def current_site() -> SiteView:
    """Return the installation's name, footer, whether it is set up, and who may register."""
    kept = current_app.extensions.get("site_view")
    if kept is not None and kept[0] > time.monotonic() and kept[1].set_up:
        view: SiteView = kept[1]
        return view
    if g.get("database_away"):
        # said on a page that must not ask the database again: as it was last, or as it is by default
        last: SiteView | None = kept[1] if kept is not None else None
        return last or SiteView("Folkmoot", "", set_up=True, registration=current_app.config["REGISTRATION"])
    row = db.session.get(Site, 1)
    registration = (row.registration if row else None) or current_app.config["REGISTRATION"]
    view = SiteView(
        name=row.name if row else "Folkmoot",
        footer=row.footer if row else "",
        set_up=bool(row and row.set_up_at),
        registration=registration,
    )
    current_app.extensions["site_view"] = (time.monotonic() + REMEMBERED, view)
    return view


def forget_site() -> None:
    """Read the site's row anew with the next page: something in it changed."""
    current_app.extensions.pop("site_view", None)
