"""Folkmoot: inviting people, gathering them and deciding together."""

import pathlib
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import config, models
from webapp.accounts import api as accounts_api
from webapp.accounts import cli as accounts_cli
from webapp.accounts import jobs as accounts_jobs
from webapp.accounts import views as accounts_views
from webapp.admin import views as admin_views
from webapp.api import handlers as api_handlers
from webapp.api import jobs as api_jobs
from webapp.api import views as api_views
from webapp.companies import api as companies_api
from webapp.companies import handlers as companies_handlers
from webapp.companies import views as companies_views
from webapp.companies.views import calendar as companies_calendar_views
from webapp.companies.views import setup as companies_setup_views
from webapp.core import jobs
from webapp.core.database import db, init_database
from webapp.core.hooks import (
    access_revoked,
    account_deleted,
    account_exported,
    account_verified,
    event_cancelled,
    event_changed,
)
from webapp.events import api as events_api
from webapp.events import handlers as events_handlers
from webapp.events import views as events_views
from webapp.extensions import babel, csrf, migrate
from webapp.extensions import mail as flask_mail
from webapp.guests import api as guests_api
from webapp.guests import handlers as guests_handlers
from webapp.guests import jobs as guests_jobs
from webapp.guests import rsvp as guests_rsvp
from webapp.guests import views as guests_views
from webapp.home import cli as home_cli
from webapp.home import health as home_health
from webapp.home import views as home_views
from webapp.invitations import api as invitations_api
from webapp.invitations import handlers as invitations_handlers
from webapp.invitations import jobs as invitations_jobs
from webapp.invitations import views as invitations_views
from webapp.journal import cli as journal_cli
from webapp.journal import jobs as journal_jobs
from webapp.journal import views as journal_views
from webapp.mail import jobs as mail_jobs
from webapp.voting import api as voting_api
from webapp.voting import handlers as voting_handlers
from webapp.voting import jobs as voting_jobs
from webapp.voting import views as voting_views
from webapp.web.access import init_access
from webapp.web.bodies import init_bodies
from webapp.web.errors import init_errors
from webapp.web.forms import init_forms
from webapp.web.headers import init_headers
from webapp.web.limits import init_limits
from webapp.web.setup_gate import init_setup_gate
from webapp.web.sign_in import init_sign_in
from webapp.web.templating import init_templates

__all__ = ["create_app", "models"]

BLUEPRINTS = (
    home_health.bp,
    home_views.bp,
    accounts_views.bp,
    companies_setup_views.bp,
    companies_views.bp,
    companies_calendar_views.bp,
    events_views.bp,
    guests_views.bp,
    guests_rsvp.bp,
    invitations_views.bp,
    voting_views.bp,
    admin_views.bp,
    journal_views.bp,
    api_views.bp,
)
APIS = (accounts_api.api, companies_api.api, events_api.api, guests_api.api, invitations_api.api, voting_api.api)
JOBS = (
    *mail_jobs.JOBS,
    *journal_jobs.JOBS,
    *accounts_jobs.JOBS,
    *guests_jobs.JOBS,
    *invitations_jobs.JOBS,
    *voting_jobs.JOBS,
    *api_jobs.JOBS,
)
COMMANDS = (*home_cli.COMMANDS, *accounts_cli.COMMANDS, *journal_cli.COMMANDS)


def _listen(app: Flask) -> None:
    """List who hears of what; in the order of the house."""
    account_verified.listen(app, companies_handlers.account_verified)
    account_verified.listen(app, guests_handlers.account_verified)
    account_verified.listen(app, invitations_handlers.account_verified)
    account_deleted.listen(app, companies_handlers.account_deleted)
    account_deleted.listen(app, guests_handlers.account_deleted)
    account_deleted.listen(app, invitations_handlers.account_deleted)
    account_deleted.listen(app, api_handlers.account_deleted)
    account_exported.listen(app, companies_handlers.account_exported)
    account_exported.listen(app, guests_handlers.account_exported)
    account_exported.listen(app, invitations_handlers.account_exported)
    account_exported.listen(app, voting_handlers.account_exported)
    access_revoked.listen(app, events_handlers.access_revoked)
    access_revoked.listen(app, invitations_handlers.access_revoked)
    event_changed.listen(app, guests_handlers.event_changed)
    event_cancelled.listen(app, guests_handlers.event_cancelled)
    event_cancelled.listen(app, voting_handlers.event_cancelled)


def create_app(environ: Mapping[str, str] | None = None, **settings: Any) -> Flask:
    """Return the app. Settings come from `environ` (default: the process's); `settings` go over them.

    Raises config.SettingError for a setting that cannot be read.
    """
    root = pathlib.Path(__file__).resolve().parent.parent
    values = config.read(environ)
    values.update(settings)
    app = Flask(
        "webapp",
        instance_path=values["INSTANCE_PATH"],
        root_path=str(root),
        template_folder="templates",
        static_folder="static",
    )
    app.config.update(values)
    # An address with a doubled slash leads nowhere: mending it would redirect to whatever host was asked for.
    app.url_map.merge_slashes = False
    if values["TRUSTED_PROXIES"]:
        hops = values["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    init_database(app)
    migrate.init_app(app, db, directory=str(root / "migrations"), render_as_batch=True)
    init_bodies(app)
    init_forms(app)
    csrf.init_app(app)
    babel.init_app(app)
    flask_mail.init_app(app)
    init_headers(app)
    init_errors(app)
    init_sign_in(app)
    init_limits(app)
    init_setup_gate(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for api in APIS:
        app.register_blueprint(api.bp)
    app.extensions["apis"] = APIS
    init_access(app)
    init_templates(app)
    _listen(app)
    jobs.register(app, *JOBS)
    jobs.init_jobs(app)
    for command in COMMANDS:
        app.cli.add_command(command)
    return app
