"""The ballot file, and the script that counts it again without the app."""

import ast
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.voting.strategies import QUESTIONS, many_ballots, rules
from webapp.core.shares import HALF
from webapp.voting.count import Count, Outcome, decide
from webapp.voting.receipts import new_receipt, receipt_of
from webapp.voting.recount import Asked, Cast, Reached, Vote, ballot_file
from webapp.voting.rule import Rule

SCRIPT = Path(__file__).parents[2] / "docs" / "recount.py"
AGREES, DIFFERS, UNREADABLE = 0, 1, 2

quick = settings(deadline=None, max_examples=100)

ASKED = [
    Asked(name, f"Question {name}?", {answer: f"Answer {answer}" for answer in answers})
    for name, answers in QUESTIONS.items()
]
ALL_AGREE = {"q1": "a", "q2": "d", "q3": "f"}


def load_script():
    spec = importlib.util.spec_from_file_location("recount_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


def cast(ballots, names=None):
    receipts = [receipt_of(0x9E3779B97F4A7C15F39C * (place + 1)) for place in range(len(ballots))]
    return [
        Cast(receipt, answers, names[place] if names else None)
        for place, (receipt, answers) in enumerate(zip(receipts, ballots, strict=True))
    ]


def held(rule, roll, ballots):
    """Hold a vote as the app does: at once, the first count that meets the rule is latched; else the last counts."""
    vote = Vote("01890a5d", "Žive meje", ASKED, rule, roll, decide(rule, roll, Count.of(QUESTIONS, ballots)))
    if rule.decide_when == "at once":
        for number in range(1, len(ballots) + 1):
            outcome = decide(rule, roll, Count.of(QUESTIONS, ballots[:number]))
            if outcome.reached:
                return replace(vote, outcome=Outcome.latched(outcome.answers), reached=Reached(number, roll))
    return vote


def lines_of(content):
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


def sealed(lines):
    """Write lines as a forger would, who knows how the digest is made."""
    content = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    return content + json.dumps({"sha256": hashlib.sha256(content).hexdigest()}).encode() + b"\n"


def recounted(content):
    """Let the script judge a file, within this process: (how it ends, what it says)."""
    said = io.StringIO()
    try:
        read = script.read(content)
    except script.FileError as error:
        return UNREADABLE, str(error)
    with contextlib.redirect_stdout(said):
        good = script.report(*read)
    return (AGREES if good else DIFFERS), said.getvalue()


def run(path, *arguments, **environment):
    """Run the script as people do, in an empty directory and with nothing but the standard library."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(SCRIPT), str(path), *arguments],
        cwd=path.parent,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture
def vote():
    ballots = [ALL_AGREE, {**ALL_AGREE, "q1": "b"}, ALL_AGREE]
    return held(Rule(), 5, ballots), cast(ballots)


@pytest.fixture
def content(vote):
    return ballot_file(*vote)


class TestTheFile:
    def test_says_in_its_header_all_that_a_recount_needs(self, content):
        header = lines_of(content)[0]
        assert header == {
            "format": "folkmoot ballots",
            "version": 1,
            "event": "01890a5d",
            "title": "Žive meje",
            "questions": [
                {
                    "id": name,
                    "text": f"Question {name}?",
                    "answers": [{"id": answer, "text": f"Answer {answer}"} for answer in answers],
                }
                for name, answers in QUESTIONS.items()
            ],
            "rule": Rule().as_dict(),
            "roll": 5,
            "ballots": 3,
            "cancelled": False,
            "outcome": {"reached": True, "answers": ALL_AGREE, "why": {}, "at_once": None},
        }

    def test_ends_with_the_digest_of_all_lines_before(self, content):
        body, last, _end = content.rsplit(b"\n", 2)
        assert json.loads(last) == {"sha256": hashlib.sha256(body + b"\n").hexdigest()}

    @quick
    @given(rules, many_ballots, st.randoms(use_true_random=False))
    def test_is_the_same_in_whatever_order_ballots_were_cast(self, rule, ballots, rng):
        rule = replace(rule, decide_when="at close")
        in_order = cast(ballots)
        mixed = list(in_order)
        rng.shuffle(mixed)
        whole = held(rule, 30, ballots)
        assert ballot_file(whole, mixed) == ballot_file(whole, in_order)

    def test_of_a_secret_vote_holds_receipts_and_answers_and_nothing_else(self, vote):
        held_vote, ballots = vote
        named = [replace(ballot, voter="Maja Črnigoj") for ballot in ballots]
        content = ballot_file(held_vote, named)
        assert "Črnigoj".encode() not in content
        assert all(set(line) == {"receipt", "answers"} for line in lines_of(content)[1:-1])

    def test_of_an_open_vote_names_who_chose_what(self):
        ballots = [ALL_AGREE, ALL_AGREE]
        content = ballot_file(held(Rule(secrecy="open"), 2, ballots), cast(ballots, ["Maja Črnigoj", None]))
        assert sorted(str(line["voter"]) for line in lines_of(content)[1:-1]) == ["Maja Črnigoj", "None"]
        assert recounted(content)[0] == AGREES

    def test_of_a_cancelled_event_keeps_the_ballots_and_decides_nothing(self, vote):
        held_vote, ballots = vote
        content = ballot_file(replace(held_vote, cancelled=True), ballots)
        assert lines_of(content)[0]["outcome"]["answers"] == {}
        status, said = recounted(content)
        assert status == AGREES
        assert "cancelled" in said

    def test_survives_any_text(self, vote):
        held_vote, ballots = vote
        nasty = "a\nb\r\u2028\u0085\x1b[31m\"\\{{7*7}}<script>'; DROP\u202e🗳"
        held_vote = replace(held_vote, title=nasty, questions=[replace(one, text=nasty) for one in ASKED])
        content = ballot_file(held_vote, ballots)
        assert lines_of(content)[0]["title"] == nasty
        status, said = recounted(content)
        assert status == AGREES
        assert "\x1b" not in said
        assert "\u202e" not in said


class TestTheScript:
    @settings(deadline=None, max_examples=300)
    @given(rules, st.integers(24, 40), many_ballots)
    def test_agrees_with_the_app_on_every_vote(self, rule, roll, ballots):
        status, said = recounted(ballot_file(held(rule, roll, ballots), cast(ballots)))
        assert status == AGREES, said

    @settings(deadline=None, max_examples=300)
    @given(rules, st.integers(24, 40), many_ballots)
    def test_decides_as_the_app_does(self, rule, roll, ballots):
        content = ballot_file(held(rule, roll, ballots), cast(ballots))
        header, read, _digest = script.read(content)
        outcome = decide(rule, roll, Count.of(QUESTIONS, ballots))
        assert script.decide(header, read, roll) == (outcome.answers, {q: str(why) for q, why in outcome.whys.items()})

    @settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(rules, st.integers(24, 40), many_ballots)
    def test_run_by_itself_says_so_too(self, tmp_path, rule, roll, ballots):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(ballot_file(held(rule, roll, ballots), cast(ballots)))
        done = run(path)
        assert (done.returncode, done.stderr) == (AGREES, "")
        assert "The recount AGREES." in done.stdout

    def test_needs_nothing_but_the_standard_library(self):
        found = set()
        for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module)
        assert found <= sys.stdlib_module_names
        assert found

    def test_tells_what_was_counted(self, tmp_path, content):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(content)
        said = run(path).stdout
        assert "Žive meje" in said
        assert "3 ballots, a roll of 5" in said
        assert "     2  Answer a  <- wins by this count" in said
        assert lines_of(content)[-1]["sha256"] in said

    def test_speaks_on_a_terminal_that_knows_only_ascii(self, tmp_path, content):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, str(SCRIPT), str(path)],
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == AGREES
        assert b"ive meje" in done.stdout

    def test_finds_a_receipt_however_it_is_typed(self, tmp_path, vote, content):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(content)
        ballot = vote[1][1]
        for typed in (ballot.receipt, ballot.receipt.replace("-", " ").lower(), ballot.receipt.replace("0", "o")):
            done = run(path, "--receipt", typed)
            assert done.returncode == AGREES
            assert f"receipt {ballot.receipt} says:\n  Question q1? Answer b\n" in done.stdout

    @pytest.mark.parametrize("typed", ["", "nonsense", "ZZZZ-ZZZZ-ZZZZ-ZZZZ"])
    def test_says_when_there_is_no_such_receipt(self, tmp_path, content, typed):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(content)
        done = run(path, f"--receipt={typed}")
        assert done.returncode == DIFFERS
        assert "No ballot in this file has that receipt." in done.stdout

    def test_says_when_there_is_no_file(self, tmp_path):
        done = run(tmp_path / "absent.jsonl")
        assert (done.returncode, done.stdout) == (UNREADABLE, "")
        assert "cannot be read" in done.stderr

    def test_run_on_a_damaged_file_tells_so_without_a_traceback(self, tmp_path, content):
        path = tmp_path / "ballots.jsonl"
        path.write_bytes(content.replace(b"Answer a", b"Answer A"))
        done = run(path)
        assert (done.returncode, done.stdout) == (UNREADABLE, "")
        assert done.stderr.startswith("This is not a whole ballot file: the digest")
        assert "Traceback" not in done.stderr


class TestAForgedFile:
    @quick
    @given(st.data())
    def test_with_any_byte_changed_is_noticed(self, data):
        ballots = [ALL_AGREE, ALL_AGREE]
        content = bytearray(ballot_file(held(Rule(), 5, ballots), cast(ballots)))
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        assert recounted(bytes(content))[0] == UNREADABLE

    @quick
    @given(st.data())
    def test_cut_off_anywhere_is_noticed(self, data):
        ballots = [ALL_AGREE, ALL_AGREE]
        content = ballot_file(held(Rule(), 5, ballots), cast(ballots))
        assert recounted(content[: data.draw(st.integers(0, len(content) - 1))])[0] == UNREADABLE

    def test_left_as_it_is_passes_the_forgers_tool(self, content):
        assert recounted(sealed(lines_of(content)[:-1]))[0] == AGREES

    def test_with_a_ballot_removed_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        status, said = recounted(sealed([header, *ballots[1:]]))
        assert status == DIFFERS
        assert "speaks of 3 ballots, the file has 2" in said

    def test_with_another_winner_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["outcome"]["answers"]["q1"] = "b"
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    def test_with_a_consensus_denied_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["outcome"]["reached"] = False
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    def test_with_changed_ballots_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        for ballot in ballots:
            ballot["answers"]["q2"] = "e"
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    def test_with_more_ballots_than_the_roll_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["roll"] = 2
        status, said = recounted(sealed([header, *ballots]))
        assert status == DIFFERS
        assert "more ballots than guests on the roll" in said

    def test_with_a_stricter_rule_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["rule"]["min_votes"] = 4
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    def test_that_claims_a_cancelled_event_decided_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["cancelled"] = True
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    def test_that_claims_a_vote_at_close_was_decided_at_once_does_not_agree(self, content):
        header, *ballots, _digest = lines_of(content)
        header["outcome"]["at_once"] = {"ballots": 3, "roll": 5}
        assert recounted(sealed([header, *ballots]))[0] == DIFFERS

    @pytest.mark.parametrize(
        ("spoil", "told"),
        [
            (lambda _header, ballots: ballots.reverse(), "sorted"),
            (lambda _header, ballots: ballots[1].update(receipt=ballots[0]["receipt"]), "same receipt"),
            (lambda _header, ballots: ballots[0].update(receipt="0000"), "no receipt"),
            (lambda _header, ballots: ballots[0].update(cast_at="10:15"), "more or less"),
            (lambda _header, ballots: ballots[0].update(voter="Maja"), "more or less"),
            (lambda _header, ballots: ballots[0]["answers"].pop("q1"), "every question"),
            (lambda _header, ballots: ballots[0]["answers"].update(q9="a"), "every question"),
            (lambda _header, ballots: ballots[0]["answers"].update(q1="d"), "not to be chosen"),
            (lambda _header, ballots: ballots[0]["answers"].update(q1=["a"]), "not to be chosen"),
            (lambda header, _ballots: header.update(version=2), "format or version"),
            (lambda header, _ballots: header.pop("rule"), "incomplete"),
            (lambda header, _ballots: header["rule"].update(min_turnout="3/2"), "incomplete"),
            (lambda header, _ballots: header["rule"].update(min_votes=True), "incomplete"),
            (lambda header, _ballots: header["rule"].update(roll=[]), "incomplete"),
            (lambda header, _ballots: header["outcome"].update(answers={"q1": ["a"]}), "incomplete"),
            (lambda header, _ballots: header.update(roll=-1), "incomplete"),
            (lambda header, _ballots: header.update(questions={}), "questions"),
            (lambda header, _ballots: header["questions"][0].update(answers=None), "answers"),
            (lambda header, _ballots: header["questions"].append(header["questions"][0]), "same id"),
        ],
    )
    def test_that_makes_no_sense_is_not_counted(self, content, spoil, told):
        header, *ballots, _digest = lines_of(content)
        spoil(header, ballots)
        status, said = recounted(sealed([header, *ballots]))
        assert (status, told in said) == (UNREADABLE, True), said

    @pytest.mark.parametrize("line", [b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b"9" * 5000, b"NaN"])
    def test_with_a_line_that_is_no_object_is_not_counted(self, content, line):
        header = content.split(b"\n")[0]
        body = header + b"\n" + line + b"\n"
        forged = body + json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n"
        assert recounted(forged)[0] == UNREADABLE

    def test_that_is_empty_is_not_counted(self):
        assert recounted(b"")[0] == UNREADABLE


class TestAVoteThatWasDecidedAtOnce:
    RULE = Rule(decide_when="at once", min_votes=2, min_agreement=HALF)

    def header(self, ballots, roll=9):
        content = ballot_file(held(self.RULE, roll, ballots), cast(ballots))
        header, *lines, _digest = lines_of(content)
        return header, lines

    def test_stands_though_later_ballots_would_decide_otherwise(self):
        other = {"q1": "b", "q2": "e", "q3": "g"}
        header, lines = self.header([ALL_AGREE, ALL_AGREE, other, other, other])
        assert header["outcome"]["answers"] == ALL_AGREE
        assert header["outcome"]["at_once"] == {"ballots": 2, "roll": 9}
        status, said = recounted(sealed([header, *lines]))
        assert status == AGREES
        assert "keeps no order" in said

    def test_cannot_have_been_decided_by_more_ballots_than_there_are(self):
        header, lines = self.header([ALL_AGREE, ALL_AGREE])
        header["outcome"]["at_once"]["ballots"] = 3
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_cannot_have_been_decided_before_enough_were_in(self):
        header, lines = self.header([ALL_AGREE, ALL_AGREE, ALL_AGREE])
        header["outcome"]["at_once"]["ballots"] = 1
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_cannot_have_been_decided_for_what_too_few_chose(self):
        other = {"q1": "b", "q2": "e", "q3": "g"}
        header, lines = self.header([ALL_AGREE, ALL_AGREE, ALL_AGREE, ALL_AGREE, other])
        header["outcome"].update(answers=other, at_once={"ballots": 3, "roll": 9})
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_cannot_have_been_decided_where_those_who_were_in_can_only_have_tied(self):
        other = {"q1": "b", "q2": "e", "q3": "g"}
        header, lines = self.header([ALL_AGREE, ALL_AGREE, other, other, other])
        header["outcome"]["at_once"]["ballots"] = 4
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_with_a_larger_roll_than_at_the_end_does_not_agree(self):
        header, lines = self.header([ALL_AGREE, ALL_AGREE])
        header["outcome"]["at_once"]["roll"] = 10
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_must_say_with_which_ballot(self):
        header, lines = self.header([ALL_AGREE, ALL_AGREE])
        header["outcome"]["at_once"] = None
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_and_denied_does_not_agree_when_the_last_count_meets_the_rule(self):
        header, lines = self.header([ALL_AGREE, ALL_AGREE])
        header["outcome"].update(reached=False, answers={}, why=dict.fromkeys(QUESTIONS, "tie"), at_once=None)
        assert recounted(sealed([header, *lines]))[0] == DIFFERS

    def test_counted_to_its_very_moment_is_recounted_exactly(self):
        mixed = [{**ALL_AGREE, "q1": "b"}, {**ALL_AGREE, "q2": "e"}, ALL_AGREE]
        header, lines = self.header(mixed)
        assert header["outcome"]["at_once"] == {"ballots": 3, "roll": 9}
        assert recounted(sealed([header, *lines]))[0] == AGREES
        header["outcome"]["answers"] = {**ALL_AGREE, "q3": "g"}
        assert recounted(sealed([header, *lines]))[0] == DIFFERS


def test_a_fresh_receipt_is_one_the_script_knows():
    assert script.RECEIPT.fullmatch(new_receipt())
