# ruff: noqa: INP001, T201 - one copies this file, and it speaks on the terminal
"""Print the guest list of an event: python guest_list.py https://moot.example.org "Taco Party 2025".

The token is read from the environment variable TOKEN. Make one on your account page, with the scopes events:read and
guests:read.
"""

import os
import sys

from folkmoot import Folkmoot, FolkmootError, Json


def find(moot: Folkmoot, title: str) -> Json | None:
    """Return the event that is called so, else the first one in whose title or place such words begin."""
    first = None
    for event in moot.events(search=title):
        if event["title"].casefold() == title.casefold():
            return event
        first = first or event
    return first


def main(base_url: str, title: str) -> int:
    """Print one line a guest: name, address, reply; return the exit status."""
    token = os.environ.get("TOKEN")
    if not token:
        print("Please set TOKEN: make a token on your account page (events:read, guests:read).", file=sys.stderr)
        return 2
    moot = Folkmoot(base_url, token)
    try:
        event = find(moot, title)
        if event is None:
            print(f"There is no event called {title}.", file=sys.stderr)
            return 1
        print(f"{event['title']}, {event['starts_at']}", file=sys.stderr)
        for guest in moot.guests(event["id"]):
            print(guest["name"], guest["email"] or "", guest["reply"] or "no answer yet", sep="\t")
    except FolkmootError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
