"""Every action in the code has its words, and nothing the journal says is a name, a secret or somebody's vote."""

import ast
import importlib
import pathlib
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from webapp.journal import words

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "webapp").rglob("*.py"))
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def _module(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def calls(source: str) -> Iterator[ast.Call]:
    """The calls that write into the journal, whatever they are wrapped in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "record" and len(node.args) >= 3:
            yield node


def said(call: ast.Call, source: str, module: str) -> set[str]:
    """The actions that a call may write: patterns, for some are put together."""
    action = call.args[1]
    if isinstance(action, ast.Constant):
        return {re.escape(str(action.value))}
    if isinstance(action, ast.IfExp):
        return {re.escape(str(ast.literal_eval(one))) for one in (action.body, action.orelse)}
    if isinstance(action, ast.JoinedStr):
        parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z_]+" for p in action.values)
        return {"".join(parts)}
    name = ast.unparse(action)
    if name.isupper():
        return {re.escape(str(getattr(importlib.import_module(module), name)))}
    # an argument of the function around it: what its callers hand over
    kinds = {known.split(".")[0] for known in words.ACTIONS}
    texts = {str(node.value) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    return {re.escape(text) for text in texts if ACTION.fullmatch(text) and text.split(".")[0] in kinds}


def actions() -> set[str]:
    found: set[str] = set()
    for file in SOURCES:
        source = file.read_text()
        for call in calls(source):
            these = said(call, source, _module(file))
            assert these, f"{file}:{call.lineno}: which actions this writes cannot be told"
            found |= these
    return found


def unknown(patterns: set[str]) -> list[str]:
    return sorted(one for one in patterns if not any(re.fullmatch(one, known) for known in words.ACTIONS))


def test_every_action_in_the_code_has_its_words(app: Flask):
    found = actions()
    assert len(found) > 50
    assert unknown(found) == []


def test_every_word_is_of_an_action_in_the_code():
    found = actions()
    assert [known for known in words.ACTIONS if not any(re.fullmatch(one, known) for one in found)] == []


@pytest.mark.parametrize(
    "call", ['record(a, "no.such", x)', 'record(a, f"no.{such}", x)', 'record(a, "site.set_up" if b else "no.such", x)']
)
def test_an_action_without_words_is_seen(call: str):
    (found,) = calls(call)
    assert unknown(said(found, call, "webapp"))


def test_nobody_is_written_down_as_having_voted():
    """What is written of votes is written by the house: that they opened and closed, and how many ballots there are."""
    votes = [
        (ast.unparse(call.args[0]), ast.unparse(call.args[2]))
        for file in SOURCES
        for call in calls(file.read_text())
        if any(one.startswith("vote") for one in said(call, file.read_text(), _module(file)))
    ]
    assert len(votes) >= 3
    assert set(votes) == {("SYSTEM", "event")}


def test_actions_and_kinds_fit_into_their_columns():
    assert max(map(len, words.ACTIONS)) <= 60
    assert max(map(len, words.THINGS)) <= 30


def test_every_action_is_said_in_other_words_than_its_own(app: Flask):
    for name in words.ACTIONS:
        assert "." not in words.action(name)
        assert "_" not in words.action(name)


def test_what_has_no_words_yet_is_shown_plainly(app: Flask):
    assert words.action("tent.put_up") == "tent put up"
    assert words.detail("how_high") == "how high"
    assert words.thing("tent") == "tent"
    assert (words.value(True), words.value(7), words.value("walk-in")) == ("yes", "7", "the door")
