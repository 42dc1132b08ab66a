#!/usr/bin/env python3
# ruff: noqa: EM101, EM102, TRY003, T201, B905 - it speaks on the terminal, its errors are sentences; old Pythons
"""Count a Folkmoot vote again from its ballot file, with nothing but Python 3.9 or later.

    python3 recount.py ballots.jsonl
    python3 recount.py ballots.jsonl --receipt R8WD-41NV-TQ6J-5YHM

Checks that the file is whole, counts the ballots, applies the rule that is written in the file, and says whether that
gives the outcome the file claims. With a receipt it also shows what that ballot says. Ends with 0 when all agrees and
the receipt is there, with 1 when not, with 2 when the file cannot be read or is no ballot file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from pathlib import Path

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT = re.compile(f"[{LETTERS}]{{4}}(?:-[{LETTERS}]{{4}}){{3}}")
SHARE = re.compile(r"(>?)(0|[1-9][0-9]{0,4})(?:/([1-9][0-9]{0,4}))?")
RULE = {
    "roll": ("open", "frozen"),
    "decide_by": ("question", "ballot"),
    "decide_when": ("at close", "at once"),
    "secrecy": ("secret", "open"),
    "results": ("live", "after voting", "after close"),
}
NUMBERS = ("min_votes", "min_turnout", "min_agreement")


class FileError(Exception):
    """The file is no ballot file, or a damaged one."""


def main() -> int:
    """Read the command line, recount, and return how the script ends."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter must not end the count
    parser = argparse.ArgumentParser(description="Count a Folkmoot vote again from its ballot file.")
    parser.add_argument("file", help="the ballot file, as downloaded")
    parser.add_argument("--receipt", metavar="CODE", help="show the ballot with this receipt")
    options = parser.parse_args()
    try:
        header, ballots, digest = read(Path(options.file).read_bytes())
    except OSError as error:
        print(f"The file cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    except FileError as error:
        print(f"This is not a whole ballot file: {error}.", file=sys.stderr)
        return 2
    good = report(header, ballots, digest)
    if options.receipt is not None:
        good = find(options.receipt, header, ballots) and good
    return 0 if good else 1


# ---- reading: nothing in the file is believed before it was looked at


def read(content: bytes) -> tuple[dict, list[dict], str]:
    """Return header, ballots and digest of a file that is whole and well formed. Raises FileError."""
    lines = content.split(b"\n")
    if len(lines) < 3 or lines[-1] != b"":
        raise FileError("its end is missing")
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines[:-2])).hexdigest()
    last = parse(lines[-2], "the last line")
    if set(last) != {"sha256"}:
        raise FileError("the last line holds no digest")
    if last["sha256"] != digest:
        raise FileError("the digest in the last line does not fit what stands above it")
    header = parse(lines[0], "the header")
    check_header(header)
    ballots = [parse(line, f"line {number}") for number, line in enumerate(lines[1:-2], 2)]
    check_ballots(header, ballots)
    return header, ballots, digest


def parse(line: bytes, where: str) -> dict:
    """Return the JSON object of a line in which no name stands twice. Raises FileError."""

    def once(pairs: list) -> dict:
        if len(dict(pairs)) != len(pairs):
            raise FileError(f"{where} says something twice")
        return dict(pairs)

    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise FileError(f"{where} is not JSON") from None
    if not isinstance(value, dict):
        raise FileError(f"{where} is not a JSON object")
    return value


def check_header(header: dict) -> None:
    """Refuse a header in which something is missing or makes no sense. Raises FileError."""
    if header.get("format") != "folkmoot ballots" or header.get("version") != 1:
        raise FileError("its header is of another format or version")
    rule, outcome = header.get("rule"), header.get("outcome")
    well = (
        isinstance(header.get("title"), str)
        and isinstance(header.get("event"), str)
        and is_number(header.get("roll"))
        and is_number(header.get("ballots"))
        and isinstance(header.get("cancelled"), bool)
        and isinstance(rule, dict)
        and all(rule.get(name) in allowed for name, allowed in RULE.items())
        and is_number(rule.get("min_votes"))
        and rule["min_votes"] >= 1
        and is_share(rule.get("min_turnout"))
        and is_share(rule.get("min_agreement"))
        and isinstance(outcome, dict)
        and isinstance(outcome.get("reached"), bool)
        and is_texts(outcome.get("answers"))
        and is_texts(outcome.get("why"))
        and is_moment(outcome.get("at_once"))
    )
    if not well:
        raise FileError("its header is incomplete")
    check_questions(header.get("questions"))


def check_questions(questions: object) -> None:
    """Refuse questions and answers without a text, or two with one id. Raises FileError."""
    if not isinstance(questions, list) or not all(is_named(question) for question in questions):
        raise FileError("its questions are incomplete")
    for things in (questions, *(question.get("answers") for question in questions)):
        if not isinstance(things, list) or not all(is_named(thing) for thing in things):
            raise FileError("its answers are incomplete")
        if len({thing["id"] for thing in things}) != len(things):
            raise FileError("two of its questions or answers have the same id")


def check_ballots(header: dict, ballots: list[dict]) -> None:
    """Refuse ballots that do not answer every question once, or whose receipts are no receipts. Raises FileError."""
    choices = {question["id"]: {answer["id"] for answer in question["answers"]} for question in header["questions"]}
    fields = {"receipt", "answers"} | ({"voter"} if header["rule"]["secrecy"] == "open" else set())
    for number, ballot in enumerate(ballots, 2):
        receipt, answers = ballot.get("receipt"), ballot.get("answers")
        if set(ballot) != fields:
            raise FileError(f"line {number} says more or less than a ballot of this vote does")
        if not isinstance(ballot.get("voter", ""), (str, type(None))):
            raise FileError(f"line {number} names its voter in no way that makes sense")
        if not isinstance(receipt, str) or not RECEIPT.fullmatch(receipt):
            raise FileError(f"line {number} has no receipt")
        if not isinstance(answers, dict) or set(answers) != set(choices):
            raise FileError(f"line {number} does not answer every question once")
        if not all(isinstance(chosen, str) and chosen in choices[name] for name, chosen in answers.items()):
            raise FileError(f"line {number} has an answer that is not to be chosen")
    receipts = [ballot["receipt"] for ballot in ballots]
    if len(set(receipts)) != len(receipts):
        raise FileError("two ballots have the same receipt")
    if receipts != sorted(receipts):
        raise FileError("its ballots are not sorted by receipt")


def is_number(value: object) -> bool:
    """Tell whether this is a whole number from nought (true and false are not)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_share(value: object) -> bool:
    """Tell whether this is a share between nothing and all."""
    found = SHARE.fullmatch(value) if isinstance(value, str) else None
    return found is not None and int(found[2]) <= int(found[3] or 1)


def is_texts(value: object) -> bool:
    """Tell whether this is an object whose values are texts."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def is_named(value: object) -> bool:
    """Tell whether this is something with an id and a text."""
    return isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("text"), str)


def is_moment(value: object) -> bool:
    """Tell whether this is nothing, or how many ballots and guests there were when a consensus was reached."""
    return value is None or (
        isinstance(value, dict) and is_number(value.get("ballots")) and is_number(value.get("roll"))
    )


# ---- counting


def count(names: list[str], ballots: list[dict]) -> tuple[dict, dict]:
    """Return {question: {answer: ballots}}, and {the answers to all questions, in their order: ballots}."""
    votes: dict = {name: {} for name in names}
    wholes: dict = {}
    for ballot in ballots:
        whole = tuple(ballot["answers"][name] for name in names)
        wholes[whole] = wholes.get(whole, 0) + 1
        for name, chosen in zip(names, whole):
            votes[name][chosen] = votes[name].get(chosen, 0) + 1
    return votes, wholes


def meets(part: int, whole: int, share: str) -> bool:
    """Tell whether `part` of `whole` is the share ("1/2"), or more than it (">1/2"), in whole numbers."""
    found = SHARE.fullmatch(share)
    above, below = int(found[2]), int(found[3] or 1)
    if whole == 0:
        return above == 0
    return part * below > above * whole if found[1] else part * below >= above * whole


def quorum(rule: dict, ballots: int, roll: int) -> str | None:
    """Return why so many ballots of such a roll are not enough to decide anything, or None."""
    if ballots < rule["min_votes"]:
        return "too few ballots"
    if not meets(ballots, roll, rule["min_turnout"]):
        return "turnout too low"
    return None


def winner(rule: dict, votes: dict, ballots: int) -> tuple[object, str | None]:
    """Return the single largest choice that enough ballots agree on, or why there is none."""
    most = max(votes.values(), default=0)
    if most == 0 or not meets(most, ballots, rule["min_agreement"]):
        return None, "too little agreement"
    leaders = [choice for choice, number in votes.items() if number == most]
    return (leaders[0], None) if len(leaders) == 1 else (None, "tie")


def decide(header: dict, ballots: list[dict], roll: int) -> tuple[dict, dict]:
    """Return {question: answer} for what these ballots settle, and {question: why} for what they leave open."""
    rule, names = header["rule"], [question["id"] for question in header["questions"]]
    votes, wholes = count(names, ballots)
    short = quorum(rule, len(ballots), roll)
    if short:
        return {}, dict.fromkeys(names, short)
    if rule["decide_by"] == "ballot":
        whole, why = winner(rule, wholes, len(ballots))
        return (dict(zip(names, whole)), {}) if why is None else ({}, dict.fromkeys(names, why))
    found = {name: winner(rule, votes[name], len(ballots)) for name in names}
    return (
        {name: answer for name, (answer, why) in found.items() if why is None},
        {name: why for name, (_answer, why) in found.items() if why is not None},
    )


def possible(header: dict, ballots: list[dict]) -> bool:
    """Tell whether the claimed consensus can have been reached when the header says it was.

    A vote that is decided at once ends with the first count that meets the rule; what is cast later is kept and
    changes nothing. The file keeps no order, so the count of that moment cannot be repeated. What can be told is
    whether among all ballots there are, for each decision, as many as were in then that decide it so.
    """
    rule, outcome = header["rule"], header["outcome"]
    then, roll, claimed = outcome["at_once"]["ballots"], outcome["at_once"]["roll"], outcome["answers"]
    names = [question["id"] for question in header["questions"]]
    if then > len(ballots) or roll > header["roll"] or set(claimed) != set(names) or quorum(rule, then, roll):
        return False
    if then == len(ballots):
        return decide(header, ballots, roll) == (claimed, {})
    votes, wholes = count(names, ballots)
    if rule["decide_by"] == "ballot":
        return can_win(rule, wholes, tuple(claimed[name] for name in names), then)
    return all(can_win(rule, votes[name], claimed[name], then) for name in names)


def can_win(rule: dict, votes: dict, choice: object, then: int) -> bool:
    """Tell whether `then` of the ballots can be picked so that `choice` wins among them."""
    own = min(votes.get(choice, 0), then)
    others = sum(min(number, own - 1) for other, number in votes.items() if other != choice)
    return own > 0 and meets(own, then, rule["min_agreement"]) and own + others >= then


# ---- telling


def report(header: dict, ballots: list[dict], digest: str) -> bool:
    """Print the recount, and return whether the file's claims agree with it."""
    print(f"{plain(header['title'])}\nEvent {plain(header['event'])}")
    print(f"{len(ballots)} ballots, a roll of {header['roll']}")
    print("Rule: " + ", ".join(f"{name} {header['rule'][name]}" for name in (*RULE, *NUMBERS)))
    print(f"SHA-256 of the ballots: {digest}")
    settled, whys = decide(header, ballots, header["roll"])
    tell_count(header, ballots, settled, whys)
    faults = compare(header, ballots, settled, whys)
    print()
    for fault in faults:
        print(f"FAULT: {fault}.")
    if not faults:
        print(f"The file says: {verdict(header)}. The recount AGREES.")
    else:
        print(f"The file says: {verdict(header)}. The recount DOES NOT AGREE.")
    return not faults


def tell_count(header: dict, ballots: list[dict], settled: dict, whys: dict) -> None:
    """Print each question with its answers, their ballots, and what the count decides."""
    votes, wholes = count([question["id"] for question in header["questions"]], ballots)
    for question in header["questions"]:
        print(f"\n{plain(question['text'])}")
        for answer in question["answers"]:
            number = votes[question["id"]].get(answer["id"], 0)
            won = "  <- wins by this count" if settled.get(question["id"]) == answer["id"] else ""
            print(f"  {number:6}  {plain(answer['text'])}{won}")
        if question["id"] in whys:
            print(f"  no answer wins by this count: {whys[question['id']]}")
    if header["rule"]["decide_by"] == "ballot":
        print(f"\nThe set of answers on most ballots is on {max(wholes.values(), default=0)}.")


def compare(header: dict, ballots: list[dict], settled: dict, whys: dict) -> list[str]:
    """Return in what the header and the recount differ."""
    outcome, faults = header["outcome"], []
    if header["ballots"] != len(ballots):
        faults.append(f"the header speaks of {header['ballots']} ballots, the file has {len(ballots)}")
    if len(ballots) > header["roll"]:
        faults.append("there are more ballots than guests on the roll")
    if header["cancelled"]:
        if outcome["reached"] or outcome["answers"]:
            faults.append("a cancelled event decides nothing")
        return faults
    if outcome["at_once"] is not None:
        return faults + compare_at_once(header, ballots)
    if header["rule"]["decide_when"] == "at once" and outcome["reached"]:
        faults.append("the header does not say with how many ballots it was decided")
    if outcome["answers"] != settled or outcome["why"] != whys:
        faults.append("the ballots decide something else than the header says")
    if outcome["reached"] != (bool(header["questions"]) and len(settled) == len(header["questions"])):
        faults.append("whether there is a consensus is not what the header says")
    return faults


def compare_at_once(header: dict, ballots: list[dict]) -> list[str]:
    """Return what is wrong with the claim that a consensus was reached before the vote closed."""
    if header["rule"]["decide_when"] != "at once" or not header["outcome"]["reached"] or header["outcome"]["why"]:
        return ["the header contradicts itself on when it was decided"]
    if not possible(header, ballots):
        return ["the consensus cannot have been reached with the ballots in this file"]
    return []


def verdict(header: dict) -> str:
    """Return the claimed outcome in a few words."""
    if header["cancelled"]:
        return "the event was cancelled, its vote decides nothing"
    if not header["outcome"]["reached"]:
        return "no consensus"
    if header["outcome"]["at_once"] is None:
        return "a consensus"
    return (
        f"a consensus, reached at once with ballot {header['outcome']['at_once']['ballots']} (the file keeps no order:"
        " the recount can tell that this was possible, not that it was so)"
    )


def find(typed: str, header: dict, ballots: list[dict]) -> bool:
    """Print the ballot with the receipt a person typed, and return whether there is one."""
    receipt = re.sub(r"[\s\-\u2010-\u2015\u2212_.]+", "", unicodedata.normalize("NFKC", typed)).upper()
    receipt = receipt.translate(str.maketrans("OIL", "011"))
    for ballot in ballots:
        if ballot["receipt"].replace("-", "") == receipt:
            print(f"\nThe ballot with receipt {ballot['receipt']} says:")
            for question in header["questions"]:
                texts = {answer["id"]: answer["text"] for answer in question["answers"]}
                print(f"  {plain(question['text'])} {plain(texts[ballot['answers'][question['id']]])}")
            return True
    print("\nNo ballot in this file has that receipt.")
    return False


def plain(text: str) -> str:
    """Return a text without what could play tricks on a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


if __name__ == "__main__":
    sys.exit(main())
