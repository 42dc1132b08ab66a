#!/usr/bin/env python3
# ruff: noqa: EM102, TRY003, T201 - it speaks on the terminal, its errors are sentences
"""Check the chain of a Folkmoot journal from its export, with nothing but Python 3.9 or later.

    python3 verify_journal.py journal.jsonl
    python3 verify_journal.py journal.jsonl --head 734d3d24…

Takes the whole journal of a site, as "JSON lines" without filters give it. Computes every seal anew, checks that each
stands behind the one before and that none is missing, and prints the last one. With --head it also checks that a seal
noted earlier is still there. Ends with 0 when all agrees, with 1 when not, with 2 when the file cannot be read or is no
such export. It holds a few entries at a time, however many there are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = {
    "action",
    "actor_id",
    "actor_kind",
    "at",
    "company_id",
    "details",
    "event_id",
    "id",
    "position",
    "previous",
    "seal",
    "thing_id",
    "thing_type",
}
SEAL = re.compile("[0-9a-f]{64}")
# So many may wait for one that is missing: entries stand in the order of their ids, which is nearly that of the chain.
PATIENCE = 10_000


class FileError(Exception):
    """The file is no export of a journal, or a damaged one."""


def main() -> int:
    """Read the command line, check the file, and return how the script ends."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter must not end the check
    parser = argparse.ArgumentParser(description="Check the chain of a Folkmoot journal from its export.")
    parser.add_argument("file", help="the export, as downloaded")
    parser.add_argument("--head", metavar="SEAL", help="a seal noted earlier, which must be in the chain")
    options = parser.parse_args()
    head = options.head.strip().lower() if options.head is not None else None
    if head is not None and not SEAL.fullmatch(head):
        print("A seal is 64 hexadecimal digits.", file=sys.stderr)
        return 2
    try:
        with Path(options.file).open("rb") as file:
            return check(file, head)
    except OSError as error:
        print(f"The file cannot be read: {error.strerror}.", file=sys.stderr)
    except FileError as error:
        print(f"This is no whole export of a journal: {error}.", file=sys.stderr)
    return 2


def read(file: object) -> Iterator[dict]:
    """Yield the entries of a file, each of which has all its names. Raises FileError."""
    for number, line in enumerate(file, 1):
        try:
            entry = json.loads(line.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            raise FileError(f"line {number} is not JSON") from None
        if not isinstance(entry, dict) or set(entry) != NAMES:
            raise FileError(f"line {number} is no entry of a journal")
        place = entry["position"]
        if place is not None and (type(place) is not int or place < 1 or not isinstance(entry["seal"], str)):
            raise FileError(f"line {number} has no place that could be")
        yield entry


def computed(entry: dict) -> str:
    """Return the seal of an entry: SHA-256 over all but the seal, as JSON in the one form there is of it."""
    said = {name: value for name, value in entry.items() if name != "seal"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def in_order(entries: Iterator[dict], faults: list[str], waits: list[dict]) -> Iterator[dict]:
    """Yield the sealed entries by position. What is not sealed goes into `waits`, what is wrong into `faults`."""
    held: dict[int, dict] = {}
    due = 1
    for entry in entries:
        place = entry["position"]
        if place is None:
            waits.append(entry["id"])
        elif place < due or place in held:
            faults.append(f"entry {place} (id {entry['id']}) stands twice at the same place")
        else:
            held[place] = entry
        if len(held) > PATIENCE:
            break
        while due in held:
            yield held.pop(due)
            due += 1
    for place in sorted(held):
        if place != due:
            faults.append(f"before entry {place} (id {held[place]['id']}) something is missing")
        yield held[place]
        due = place + 1
    if len(held) > PATIENCE:
        faults.append("so much is missing that the rest was not looked at")


def check(file: object, head: str | None) -> int:
    """Print what the file says and what is wrong with it; return 0 for a whole chain, else 1."""
    faults: list[str] = []
    waits: list[dict] = []
    sealed, place, last, noted = 0, 0, "", None
    for entry in in_order(read(file), faults, waits):
        sealed += 1
        own, behind = entry["seal"], entry["position"] == place + 1
        if computed(entry) != own:
            faults.append(f"entry {entry['position']} (id {entry['id']}) is not what was sealed there")
        elif behind and entry["previous"] != last:
            faults.append(f"entry {entry['position']} (id {entry['id']}) was not sealed behind the one before it")
        place, last = entry["position"], own
        noted = place if own == head else noted
    if head is not None and noted is None:
        faults.append("the seal you noted is not in this chain: entries at its end are gone, or it was made anew")
    print(f"Entries sealed: {sealed}. Waiting to be sealed: {len(waits)}.")
    for fault in faults[:20]:
        print(f"FOUND: {fault}.")
    if len(faults) > 20:
        print(f"And {len(faults) - 20} more.")
    if noted is not None:
        print(f"The seal you noted is entry {noted} of this chain.")
    if sealed:
        print(f"Head: entry {place}, {last}")
    print("The chain DOES NOT HOLD." if faults else "The chain is WHOLE.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
