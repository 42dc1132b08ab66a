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


# What curl's answer is read with: sed is on every machine that has a shell. tee shows the answer, a refusal too.
_CURL = (
    """curl -X POST "{base}/api/users" \\
  -H "Content-Type: application/json" \\
  -d '{{"name": "Our website", "email": "you@example.org", "password": "your password"}}'""",
    """TOKEN=$(curl -s -X POST "{base}/api/auth/authenticate" \\
  -H "Content-Type: application/json" \\
  -d '{{"email": "you@example.org", "password": "your password",
       "scopes": ["events:read", "guests:read", "guests:write"]}}' |
  tee /dev/stderr | sed -n 's/.*"user_token": *"\\([^"]*\\)".*/\\1/p')""",
    """EVENT=$(curl -s "{base}/api/events?search=Taco%20Party%202025" \\
  -H "Authorization: Bearer $TOKEN" |
  tee /dev/stderr | sed -n 's/.*"event_id": *"\\([^"]*\\)".*/\\1/p')""",
    """curl -X POST "{base}/api/guest/$EVENT" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"email": "guest@example.com", "name": "John Doe"}}'""",
    """curl "{base}/api/guests/$EVENT" \\
  -H "Authorization: Bearer $TOKEN\"""",
)
_PYTHON = (
    """import json
from urllib.request import Request, urlopen

account = {{
    "name": "Our website",
    "email": "you@example.org",
    "password": "your password",
}}
headers = {{"Content-Type": "application/json"}}
with urlopen(Request("{base}/api/users", json.dumps(account).encode(), headers)) as answer:
    print(json.load(answer)["meta"]["message"])""",
    """import json
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

token = None

def call(method, path, data=None):
    headers = {{"Content-Type": "application/json"}}
    if token:
        headers["Authorization"] = "Bearer " + token
    body = json.dumps(data).encode() if data else None
    try:
        with urlopen(Request("{base}/api/" + path, body, headers, method=method)) as answer:
            return json.load(answer)["data"]
    except HTTPError as refused:
        error = json.load(refused)["error"]
        raise SystemExit(error["id"] + ": " + error["message"]) from None

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
    """const registered = await fetch("{base}/api/users", {{
  method: "POST",
  headers: {{ "Content-Type": "application/json" }},
  body: JSON.stringify({{
    name: "Our website",
    email: "you@example.org",
    password: "your password",
  }}),
}});
console.log((await registered.json()).meta?.message ?? registered.status);""",
    """let token = null;

async function call(method, path, data) {{
  const headers = {{ "Content-Type": "application/json" }};
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch("{base}/api/" + path, {{
    method, headers, body: data && JSON.stringify(data),
  }});
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error.id + ": " + said.error.message);
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
        "make-an-account",
        _l("Make an account for the program"),
        _l(
            "Give the program an account of its own, as you would a colleague. An e-mail comes to its address: "
            "open the link in it, and type the password."
        ),
        None,
    ),
    (
        "authenticate-first",
        _l("Authenticate, with scopes"),
        _l(
            "Address and password give a token, and scopes say what it is content with: it can do no more than these, "
            "and never more than its account. It works for fifteen minutes and is then refreshed."
        ),
        _l("What came stands below; the token is kept in TOKEN. Never hand it to a browser."),
    ),
    (
        "find-the-event",
        _l("Find the event"),
        _l("Lists come in pages: data holds the events, meta.next is the cursor of the next page, or null."),
        _l("The event’s id is kept in EVENT."),
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
