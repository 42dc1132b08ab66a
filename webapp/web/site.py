"""What the installation is called and allows, remembered for a few seconds so that no page asks for it twice."""

import dataclasses
import time
from collections.abc import Mapping

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
    limits: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Limits that differ from the environment's, by setting."""
    privacy_url: str = ""
    terms_url: str = ""
    imprint_url: str = ""

    @classmethod
    def of(cls, row: Site) -> "SiteView":
        """Return the row as pages need it."""
        return cls(
            name=row.name,
            footer=row.footer,
            set_up=row.set_up_at is not None,
            registration=row.registration or current_app.config["REGISTRATION"],
            limits=dict(row.limits),
            privacy_url=row.privacy_url,
            terms_url=row.terms_url,
            imprint_url=row.imprint_url,
        )


def _unknown(*, set_up: bool) -> SiteView:
    """Return what is said where there is no row to read."""
    return SiteView("Folkmoot", "", set_up=set_up, registration=current_app.config["REGISTRATION"])


def current_site() -> SiteView:
    """Return what the installation is called, says in its footer, and allows."""
    kept = current_app.extensions.get("site_view")
    if kept is not None and kept[0] > time.monotonic() and kept[1].set_up:
        view: SiteView = kept[1]
        return view
    if g.get("database_away"):
        # said on a page that must not ask the database again: as it was last, or as it is by default
        last: SiteView | None = kept[1] if kept is not None else None
        return last or _unknown(set_up=True)
    row = db.session.get(Site, 1)
    view = SiteView.of(row) if row else _unknown(set_up=False)
    current_app.extensions["site_view"] = (time.monotonic() + REMEMBERED, view)
    return view


def forget_site() -> None:
    """Read the site's row anew with the next page: something in it changed."""
    current_app.extensions.pop("site_view", None)
