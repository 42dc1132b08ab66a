# ruff: noqa: INP001, T201 - one copies this file, and it speaks on the terminal
"""Print the guest list of an event: python guest_list.py https://moot.example.org "Taco Party 2025".

The token is read from the environment variable TOKEN. Make one on your account page, with the scopes events:read and
guests:read.
"""

import os
import sys

from folkmoot import Folkmoot, RefusedError


def main(base_url: str, title: str) -> int:
    """Print one line a guest: name, address, reply; return the exit status."""
    moot = Folkmoot(base_url, os.environ.get("TOKEN"))
    try:
        event = next(moot.events(search=title), None)
        if event is None:
            print(f"There is no event called {title}.", file=sys.stderr)
            return 1
        for guest in moot.guests(event["id"]):
            print(guest["name"], guest["email"] or "", guest["reply"] or "no answer yet", sep="\t")
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
