"""The quick start of the docs page: the way from a password to a guest list, in three languages.

Python and JavaScript read from top to bottom as one program each; the lines for the shell leave their results in
variables.
"""

import dataclasses

from flask_babel import lazy_gettext as _l

from webapp.core.errors import Text


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: what is done and why, the same in each language, and what to take from the answer."""

    id: str
    title: Text
    about: Text
    curl: str
    python: str
    javascript: str
    then: Text | None = None


_CURL = (
    """curl -X POST "{base}/api/auth/authenticate" \\
  -H "Content-Type: application/json" \\
  -d '{{"email": "you@example.org", "password": "your password",
       "scopes": ["events:read", "guests:read", "guests:write"]}}'""",
    """curl "{base}/api/events?search=Taco%20Party%202025" \\
  -H "Authorization: Bearer $TOKEN\"""",
    """curl -X POST "{base}/api/guest/$EVENT" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"email": "guest@example.com", "name": "John Doe"}}'""",
    """curl "{base}/api/guests/$EVENT" \\
  -H "Authorization: Bearer $TOKEN\"""",
)
_PYTHON = (
    """import json
from urllib.parse import quote
from urllib.request import Request, urlopen

token = None

def call(method, path, data=None):
    headers = {{"Content-Type": "application/json"}}
    if token:
        headers["Authorization"] = "Bearer " + token
    body = json.dumps(data).encode() if data else None
    with urlopen(Request("{base}/api/" + path, body, headers, method=method)) as answer:
        return json.load(answer)["data"]

token = call("POST", "auth/authenticate", {{
    "email": "you@example.org",
    "password": "your password",
    "scopes": ["events:read", "guests:read", "guests:write"],
}})["user_token"]""",
    """events = call("GET", "events?search=" + quote("Taco Party 2025"))
event = events[0]["id"]""",
    """guest = call("POST", "guest/" + event, {{
    "email": "guest@example.com",
    "name": "John Doe",
}})""",
    """for guest in call("GET", "guests/" + event):
    print(guest["name"], guest["invited_at"], guest["replied_at"])""",
)
_JAVASCRIPT = (
    """let token = null;

async function call(method, path, data) {{
  const headers = {{ "Content-Type": "application/json" }};
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch("{base}/api/" + path, {{
    method, headers, body: data && JSON.stringify(data),
  }});
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error.id);
  return said.data;
}}

token = (await call("POST", "auth/authenticate", {{
  email: "you@example.org",
  password: "your password",
  scopes: ["events:read", "guests:read", "guests:write"],
}})).user_token;""",
    """const events = await call("GET", "events?search=" + encodeURIComponent("Taco Party 2025"));
const event = events[0].id;""",
    """const guest = await call("POST", "guest/" + event, {{
  email: "guest@example.com",
  name: "John Doe",
}});""",
    """for (const guest of await call("GET", "guests/" + event)) {{
  console.log(guest.name, guest.invited_at, guest.replied_at);
}}""",
)
_WORDS: tuple[tuple[str, Text, Text, Text | None], ...] = (
    (
        "authenticate-first",
        _l("Authenticate"),
        _l("Address and password give a token. It works for fifteen minutes and is then refreshed."),
        _l("Keep user_token from the answer: export TOKEN=… — and never hand it to a browser."),
    ),
    (
        "find-the-event",
        _l("Find the event"),
        _l("Lists come in pages: data holds the events, meta.next is the cursor of the next page, or null."),
        _l("Keep the event’s id: export EVENT=…"),
    ),
    (
        "invite-a-guest",
        _l("Invite a guest"),
        _l("The guest is on the list, and the invitation is on its way. With invite: false no e-mail is sent."),
        None,
    ),
    (
        "read-the-guest-list",
        _l("Read the guest list"),
        _l("Each guest comes with every time: listed, invited, opened, replied, joined, checked in."),
        None,
    ),
)


def steps(base: str) -> tuple[Step, ...]:
    """Return the steps, with `base` as the address of this installation."""
    return tuple(
        Step(name, title, about, curl.format(base=base), python.format(base=base), script.format(base=base), then)
        for (name, title, about, then), curl, python, script in zip(_WORDS, _CURL, _PYTHON, _JAVASCRIPT, strict=True)
    )
