"""docs/verify_journal.py: anybody can check the export, with nothing but Python."""

import json
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.journal.entries import an_entry, some_entries, write
from webapp.journal import exporting, queries
from webapp.journal.sealing import seal_all

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "verify_journal.py"
Change = Callable[[list[dict]], object]


@pytest.fixture
def export(app: Flask, browser: Browser, tmp_path: pathlib.Path) -> pathlib.Path:
    """The site's export: eight sealed entries, one of them committed late, and two that wait."""
    keeper = browser.sign_in(factories.an_account(site_administrator=True))
    (*_others, last) = some_entries(6, details={"words": ["ž", "\U0001f333", '"\\\n'], "share": 0.5, "none": None})
    write(an_entry(id=last + 9))
    seal_all()
    write(an_entry(id=last + 5))
    seal_all()
    some_entries(2)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(keeper.get("/admin/journal/export?format=jsonl").data)
    return path


def check(path: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def changed(path: pathlib.Path, change: Change) -> pathlib.Path:
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(entries)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
    return path


@pytest.mark.both_databases
def test_an_export_that_nobody_touched_is_whole(export: pathlib.Path):
    head = queries.head()
    assert head is not None
    told = check(export, "--head", head.seal.upper())
    assert (told.returncode, told.stderr) == (0, "")
    assert "Entries sealed: 8. Waiting to be sealed: 2." in told.stdout
    assert f"Head: entry 8, {head.seal}" in told.stdout
    assert "The chain is WHOLE." in told.stdout


def test_an_export_written_otherwise_says_the_same(export: pathlib.Path):
    """The control: spaces, escapes and the order of names and lines are not what is sealed."""
    assert check(changed(export, lambda entries: entries.reverse())).returncode == 0


CHANGES: dict[str, tuple[Change, str]] = {
    "changed": (lambda e: e[2].update(action="event.deleted"), "entry 3 (id"),
    "a detail": (lambda e: e[2]["details"].update(share=0.6), "is not what was sealed there"),
    "removed": (lambda e: e.pop(3), "before entry 5 (id"),
    "the first removed": (lambda e: e.pop(0), "before entry 2 (id"),
    "twice": (lambda e: e.append(e[1]), "entry 2 (id"),
    "another seal": (lambda e: e[4].update(seal="f" * 64), "entry 5 (id"),
    "exchanged": (lambda e: (e[1].update(position=3), e[2].update(position=2)), "is not what was sealed there"),
    "chained anew at one": (lambda e: e[5].update(previous="0" * 64), "entry 6 (id"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_found(export: pathlib.Path, what: str):
    change, said = CHANGES[what]
    told = check(changed(export, change))
    assert told.returncode == 1, told.stdout
    assert f"FOUND: {said}" in told.stdout or said in told.stdout
    assert "The chain DOES NOT HOLD." in told.stdout


def test_a_part_sealed_anew_does_not_hang_together(export: pathlib.Path):
    def forge(entries: list[dict]) -> None:
        entries[3]["action"] = "event.deleted"
        said = {name: value for name, value in entries[3].items() if name != "seal"}
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        entries[3]["seal"] = __import__("hashlib").sha256(text.encode()).hexdigest()

    told = check(changed(export, forge))
    assert told.returncode == 1
    assert "entry 5 (id" in told.stdout
    assert "was not sealed behind the one before it" in told.stdout


def test_a_tail_that_is_gone_is_found_by_the_seal_that_was_noted(export: pathlib.Path):
    head = queries.head()
    assert head is not None

    def cut(entries: list[dict]) -> None:
        entries[:] = [entry for entry in entries if entry["position"] is not None and entry["position"] < 6]

    changed(export, cut)
    assert check(export).returncode == 0
    told = check(export, "--head", head.seal)
    assert told.returncode == 1
    assert "not in this chain" in told.stdout


@pytest.mark.parametrize("content", ["{", "[]\n", '{"action": 1}\n', "\xff\n", "7\n" * 3])
def test_what_is_no_export_is_refused(tmp_path: pathlib.Path, content: str):
    path = tmp_path / "journal.jsonl"
    path.write_text(content, "latin-1")
    told = check(path)
    assert told.returncode == 2
    assert "no whole export" in told.stderr


def test_what_cannot_be_read_or_noted_is_said(tmp_path: pathlib.Path):
    assert check(tmp_path / "nowhere.jsonl").returncode == 2
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert check(tmp_path / "empty.jsonl").returncode == 0
    assert check(tmp_path / "empty.jsonl", "--head", "x").returncode == 2


def test_a_companys_export_has_gaps_and_each_line_can_be_checked(app: Flask, tmp_path: pathlib.Path):
    company = factories.a_company()
    for _ in range(3):
        write(an_entry(company_id=company.id))
        some_entries(2)
    seal_all()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(exporting.json_lines(queries.scope_of(company.id), queries.Asked())))
    told = check(path)
    assert told.returncode == 1
    assert told.stdout.count("something is missing") == 2
    assert "is not what was sealed there" not in told.stdout
