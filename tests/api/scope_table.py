"""What opens each endpoint, written down by hand from what it does: by scope, method and first path.

It is written here a second time so that a wrong word in a declaration does not go unnoticed: docs/api.md says in words
what each scope allows, and this is what follows from it.
"""

ACCOUNT = """
    GET /users/<user_id>
    PUT /users/<user_id>
    DELETE /users/<user_id>
    GET /users/<user_id>/export
    POST /email
    POST /password
    GET /sessions
    GET /sessions/<session_id>
    DELETE /sessions/<session_id>
    POST /tokens
"""
EVENTS_WRITE = """
    POST /events
    PATCH /events/<event_id>
    DELETE /events/<event_id>
    POST /events/<event_id>/publish
    POST /events/<event_id>/cancel
    POST /events/<event_id>/duplicate
"""
GUESTS_READ = """
    GET /events/<event_id>/coming
"""
GUESTS_READ_OR_CHECK_IN = """
    GET /guests/<event_id>
    GET /guests/<event_id>/<guest_id>
"""
GUESTS_WRITE = """
    POST /guest/<event_id>
    PATCH /guests/<event_id>/<guest_id>
    DELETE /guests/<event_id>/<guest_id>
    POST /guests/<event_id>/import
    POST /guests/<event_id>/remove
    POST /guests/<event_id>/invite
    POST /guests/<event_id>/remind
    POST /guests/<event_id>/message
    POST /guests/<event_id>/<guest_id>/renew
"""
CHECK_IN = """
    POST /guests/<event_id>/check-in
"""
INVITATIONS_WRITE = """
    POST /invite
    POST /invites
    GET /invites
    DELETE /invite/<invite>
    POST /invite/<invitation_id>/resend
"""
VOTING = """
    GET /asked
    GET /events/<event_id>/guest
    POST /reply
    POST /join
    POST /leave
    POST /vote
"""
COMPANIES_READ = """
    GET /companies
    GET /companies/<company_id>
    GET /companies/<company_id>/companies
    GET /companies/<company_id>/dashboard
    GET /companies/<company_id>/administrators
    GET /companies/<company_id>/administrators/history
    GET /companies/<company_id>/administrators/<user_id>
    GET /companies/<company_id>/projects
    GET /companies/<company_id>/projects/<project_id>
    GET /companies/<company_id>/apps
    GET /companies/<company_id>/apps/<app_id>
    GET /companies/<company_id>/journal
    GET /companies/<company_id>/mail
    GET /companies/<company_id>/mail/<mail_id>
"""
COMPANIES_WRITE = """
    POST /companies
    PATCH /companies/<company_id>
    DELETE /companies/<company_id>
    POST /companies/<company_id>/administrators
    PATCH /companies/<company_id>/administrators/<user_id>
    DELETE /companies/<company_id>/administrators/<user_id>
    POST /companies/<company_id>/administrators/<user_id>/offboard
    POST /companies/<company_id>/projects
    PATCH /companies/<company_id>/projects/<project_id>
    DELETE /companies/<company_id>/projects/<project_id>/calendar
    POST /companies/<company_id>/apps
    DELETE /companies/<company_id>/apps/<app_id>
    POST /companies/<company_id>/apps/<app_id>/rotate
    POST /companies/<company_id>/mail/<mail_id>/retry
    POST /companies/<company_id>/mail/retry
"""
COMPANIES_READ_AND_EVENTS_READ = """
    GET /companies/<company_id>/administrators/<user_id>/holdings
"""
COMPANIES_WRITE_AND_EVENTS_READ = """
    POST /companies/<company_id>/projects/<project_id>/calendar
"""
APP_ALONE_EXIST_EMAIL = """
    GET /exist-email/<email>
"""
ANYBODY_PERHAPS_WITH_AN_APP = """
    POST /auth/authenticate
    POST /login/<company_id>
    POST /login/admin/<company_id>
"""
ANYBODY_AND_NO_TOKEN_IS_LOOKED_AT = """
    POST /setup
    POST /register
    POST /confirm_otk
    POST /verify-email/<token>
    GET /verify-email/<token>
    GET /resend-email-verification
    POST /resend-email-verification
    POST /forgot-password
    POST /reset-password
"""
ANYBODY = """
    GET /boot
    GET /refresh
    POST /refresh
    GET /email-change/<token>
    POST /email-change/<token>
    GET /events
    GET /events/<event_id>
    GET /events/<event_id>/calendar
    GET /events/<event_id>/results
    GET /events/<event_id>/results/ballots.jsonl
    GET /invite/<invite>
    POST /invite/<invite>
"""
ANY_TOKEN = """
    DELETE /login
    POST /auth/logout
"""
OPENED_BY = {
    "account": ACCOUNT,
    "events:write": EVENTS_WRITE,
    "guests:read": GUESTS_READ,
    "guests:read or check-in": GUESTS_READ_OR_CHECK_IN,
    "guests:write": GUESTS_WRITE,
    "check-in": CHECK_IN,
    "invitations:write": INVITATIONS_WRITE,
    "voting": VOTING,
    "companies:read": COMPANIES_READ,
    "companies:write": COMPANIES_WRITE,
    "companies:read and events:read": COMPANIES_READ_AND_EVENTS_READ,
    "companies:write and events:read": COMPANIES_WRITE_AND_EVENTS_READ,
    "an app alone": APP_ALONE_EXIST_EMAIL,
    "anybody, with an app or without": ANYBODY_PERHAPS_WITH_AN_APP,
    "anybody, and no token is looked at": ANYBODY_AND_NO_TOKEN_IS_LOOKED_AT,
    "anybody": ANYBODY,
    "any token": ANY_TOKEN,
}


def rows() -> dict[str, str]:
    """What opens each endpoint, by its method and first path."""
    found = [(line.strip(), way) for way, lines in OPENED_BY.items() for line in lines.strip().splitlines()]
    assert len(found) == len(dict(found)), "each endpoint stands here once"
    return dict(found)
