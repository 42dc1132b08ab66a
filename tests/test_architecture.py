"""The rules of the house that no linter knows, each with a sample that breaks it."""

import ast
import html.parser
import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Blueprint, Flask
from jinja2 import meta

from tests import settings_page
from webapp.config import SETTINGS
from webapp.mail.telling import tellers
from webapp.web.access import init_access, public
from webapp.web.endpoints import Api

ROOT = pathlib.Path(__file__).resolve().parent.parent
APP = ROOT / "webapp"
TEMPLATES = ROOT / "templates"
SOURCES = sorted(APP.rglob("*.py"))
FEATURES = {"accounts", "companies", "events", "guests", "invitations", "voting", "imports", "checkin", "reminders"}
# the journal has pages of its own
FEATURES |= {"journal"}
FOUNDATIONS = {"core", "models", "mail"}
# The outer ring of a feature may see the request; its other files may not.
OUTER = {"views", "api", "jobs", "cli", "forms", "rsvp"}
REQUEST = {"request", "g", "session", "current_user", "login_user", "logout_user", "flash", "url_for", "abort"}
MOST_LINES = 400

Check = Callable[[str, str], list[str]]


def _where(node: ast.AST) -> str:
    return f"line {getattr(node, 'lineno', '?')}"


def transactions(path: str, source: str) -> list[str]:
    """A transaction is begun and ended in core/operation.py alone."""
    if path == "webapp/core/operation.py":
        return []
    ends = {"commit", "rollback", "begin"}  # a savepoint inside one is no end of it
    return [
        f"{path} {_where(node)}: .{node.func.attr}()"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ends
    ]


def _is_inner(path: str) -> bool:
    parts = pathlib.PurePosixPath(path).with_suffix("").parts
    if len(parts) < 3:
        return False
    outer = any(part in OUTER or part.endswith(("_views", "_forms", "_api")) for part in parts[2:])
    return parts[1] in FOUNDATIONS or (parts[1] in FEATURES and not outer)


def requests(path: str, source: str) -> list[str]:
    """Operations, queries, policies and what they stand on never look at the request: the actor is an argument."""
    if not _is_inner(path):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in {"flask", "flask_login"}:
            found += [f"{path} {_where(node)}: {a.name}" for a in node.names if a.name in REQUEST]
        elif isinstance(node, ast.Attribute) and node.attr in REQUEST and ast.unparse(node.value).startswith("flask"):
            found.append(f"{path} {_where(node)}: {ast.unparse(node)}")
    return found


def late_imports(path: str, source: str) -> list[str]:
    """An import inside a function hides a cycle."""
    return [
        f"{path} {_where(inner)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


def long_files(path: str, source: str) -> list[str]:
    """A file over 400 lines holds two things."""
    lines = source.count("\n")
    return [f"{path}: {lines} lines"] if lines > MOST_LINES else []


def environment(path: str, source: str) -> list[str]:
    """Only config.py reads the environment, so that the list of settings is whole."""
    if path == "webapp/config.py":
        return []
    return [
        f"{path} {_where(node)}: {node.attr}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and ast.unparse(node.value) == "os"
    ]


_JOURNAL_SQL = re.compile(r"(?i)\b(update|delete\s+from|truncate)\s+\"?journal_entries")


def journal_changes(path: str, source: str) -> list[str]:
    """Nothing changes or deletes a line of the journal; sealing writes the seal, and the database nothing else."""
    found = []
    changing = {"delete", "merge"} if path == "webapp/journal/sealing.py" else {"update", "delete", "merge"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")[-1]
            if called in changing and any("JournalEntry" in ast.unparse(a) for a in node.args):
                found.append(f"{path} {_where(node)}: {called}")
        elif isinstance(node, ast.Constant) and _JOURNAL_SQL.search(str(node.value)):
            found.append(f"{path} {_where(node)}: in SQL")
    return found


def own_clock(path: str, source: str) -> list[str]:
    """The time comes from core.clock, so that one place says what now is."""
    if path == "webapp/core/clock.py":
        return []
    return [
        f"{path} {_where(node)}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and ast.unparse(node.func.value) in {"dt.datetime", "datetime", "datetime.datetime", "dt.date", "date"}
    ]


class _Inline(html.parser.HTMLParser):
    """Finds what a strict Content-Security-Policy would not run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}=" for name in names if name == "style" or name.startswith(("on", "hx-on"))]
        self.found += [f"{tag} {n}" for n, v in attrs if (v or "").strip().lower().startswith("javascript:")]


_JINJA = re.compile(r"(?s)\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}")


def inline(path: str, source: str) -> list[str]:
    """No inline script or style: the policy forbids them, and e-mails alone are styled in place."""
    if path.startswith("templates/email/"):
        return []
    parser = _Inline()
    # what Jinja fills in may hold quotes of its own: a plain word stands for it
    parser.feed(_JINJA.sub(lambda found: "" if found[0][1] in "#%" else "x", source))
    return [f"{path}: {what}" for what in parser.found]


def unsafe(path: str, source: str) -> list[str]:
    """`|safe` stands behind a literal alone, `autoescape false` nowhere: what is markup says so where it is made."""
    if path.endswith(".txt"):
        return []
    return [f"{path}: {found}" for found in re.findall(r"[^\"'\s]\s*\|\s*safe\b|autoescape\s+false", source)]


FOR_SOURCES: dict[Check, tuple[str, str]] = {
    transactions: ("webapp/guests/operations.py", "def add(session):\n    session.commit()\n"),
    requests: ("webapp/guests/queries.py", "from flask import current_app, request\n"),
    late_imports: ("webapp/guests/views.py", "def show():\n    from webapp.guests import queries\n"),
    long_files: ("webapp/guests/views.py", "x = 1\n" * (MOST_LINES + 1)),
    environment: ("webapp/guests/views.py", "import os\nPORT = os.environ['PORT']\n"),
    journal_changes: ("webapp/accounts/operations.py", "count(update(JournalEntry).values(actor_id=None))\n"),
    own_clock: ("webapp/guests/operations.py", "moment = dt.datetime.now(dt.UTC)\n"),
}
FOR_TEMPLATES: dict[Check, tuple[str, str]] = {
    inline: ("templates/guests/index.html", '<p style="color: {{ "red" }}">'),
    unsafe: ("templates/guests/index.html", "{{ guest.note | safe }}"),
}
MORE_SAMPLES: list[tuple[Check, str, str]] = [
    (transactions, "webapp/guests/views.py", "db.session.rollback()\n"),
    (requests, "webapp/core/operation.py", "import flask\nwho = flask.g\n"),
    (requests, "webapp/voting/policy.py", "from flask_login import current_user\n"),
    (journal_changes, "webapp/journal/sealing.py", "run(text('DELETE FROM journal_entries'))\n"),
    (journal_changes, "webapp/journal/sealing.py", "count(delete(JournalEntry))\n"),
    (inline, "templates/a.html", "<script>go()</script>"),
    (inline, "templates/a.html", "<style>p {}</style>"),
    (inline, "templates/a.html", '<button onclick="go()">'),
    (inline, "templates/a.html", '<a href="javascript:go()">'),
    (inline, "templates/a.html", '<p {% if x %}style="top: 1px"{% endif %}>'),
    (unsafe, "templates/a.html", "{% autoescape false %}{{ x }}{% endautoescape %}"),
]


@pytest.mark.parametrize("check", FOR_SOURCES, ids=lambda check: check.__name__)
def test_every_source_keeps_the_rule(check: Check):
    assert len(SOURCES) > 50
    assert [p for file in SOURCES for p in check(file.relative_to(ROOT).as_posix(), file.read_text())] == []


@pytest.mark.parametrize("check", FOR_TEMPLATES, ids=lambda check: check.__name__)
def test_every_template_keeps_the_rule(check: Check):
    files = [file for file in TEMPLATES.rglob("*") if file.is_file()]
    assert len(files) > 30
    assert [p for file in files for p in check(file.relative_to(ROOT).as_posix(), file.read_text())] == []


@pytest.mark.parametrize(
    ("check", "path", "bad"),
    [(check, *sample) for check, sample in (FOR_SOURCES | FOR_TEMPLATES).items()] + MORE_SAMPLES,
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_rule_can_be_broken(check: Check, path: str, bad: str):
    assert check(path, bad) != []


@pytest.mark.parametrize("name", ["views", "setup_views", "rsvp", "forms", "jobs"])
def test_the_outer_ring_may_see_the_request(name: str):
    assert requests(f"webapp/guests/{name}.py", "from flask import request\n") == []


# ---------------------------------------------------------------- routes, templates, settings


def test_every_route_says_who_may_use_it(app: Flask):
    silent = [r.endpoint for r in app.url_map.iter_rules() if not hasattr(app.view_functions[r.endpoint], "access")]
    assert silent == []


def test_an_app_with_a_silent_route_does_not_start():
    app = Flask(__name__)
    app.add_url_rule("/told", "told", public(lambda: ""))
    app.add_url_rule("/silent", "silent", lambda: "")
    with pytest.raises(RuntimeError, match="silent"):
        init_access(app)


def rendered(source: str) -> Iterator[str]:
    """The templates that a source names when it renders one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "render_template" and node.args:
            named = node.args[0]
            for part in ast.walk(named):
                inside = not isinstance(named, ast.JoinedStr)
                if inside and isinstance(part, ast.Constant) and str(part.value).endswith((".html", ".txt")):
                    yield str(part.value)


def test_every_template_that_is_rendered_is_there():
    named = {name for file in SOURCES for name in rendered(file.read_text())}
    assert "errors/page.html" in named
    assert sorted(name for name in named if not (TEMPLATES / name).is_file()) == []


def test_a_template_that_is_rendered_and_missing_is_seen():
    assert list(rendered('def f():\n    return render_template("no/such.html", x=1), 200\n')) == ["no/such.html"]


def test_every_template_can_be_read_and_what_it_builds_on_is_there(app: Flask):
    missing = []
    for file in TEMPLATES.rglob("*"):
        if file.is_file():
            tree = app.jinja_env.parse(file.read_text())
            names = {name for name in meta.find_referenced_templates(tree) if name}
            missing += [f"{file.relative_to(ROOT)}: {name}" for name in names if not (TEMPLATES / name).is_file()]
    assert missing == []


def test_every_email_has_its_three_parts_and_is_told(app: Flask):
    folders = {folder.name for folder in (TEMPLATES / "email").iterdir() if folder.is_dir()}
    parts = {"subject.txt", "body.txt", "body.html"}
    lacking = [n for n in folders if not parts <= {file.name for file in (TEMPLATES / "email" / n).iterdir()}]
    assert lacking == []
    assert folders == set(tellers)


def queued(source: str) -> Iterator[str]:
    """The e-mails that a source queues by name."""
    for node in ast.walk(ast.parse(source)):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) and node.args else ""
        if called in {"queue", "outbox.queue"} and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def test_every_email_that_is_queued_is_there():
    named = {name for file in SOURCES for name in queued(file.read_text())}
    assert sorted(name for name in named if not (TEMPLATES / "email" / name).is_dir()) == []
    assert list(queued('outbox.queue("no-such", to="")')) == ["no-such"]


def used_settings(source: str) -> Iterator[str]:
    """The settings that a source looks up in the app's config."""
    for node in ast.walk(ast.parse(source)):
        looked_up = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if looked_up and ast.unparse(node.value).endswith("config"):
            yield str(node.slice.value)


def test_every_setting_that_is_used_is_known(app: Flask):
    used = {name for file in SOURCES if file.name != "config.py" for name in used_settings(file.read_text())}
    assert {setting.name for setting in SETTINGS} & used
    assert sorted(name for name in used if name not in app.config) == []
    assert list(used_settings('x = current_app.config["NO_SUCH"]')) == ["NO_SUCH"]


def test_the_page_of_settings_says_what_the_code_says():
    text = (ROOT / "docs" / "settings.md").read_text()
    assert text == settings_page.page(), "write it anew: .venv/bin/python -m tests.settings_page"
    assert "`PORT`" in text
    assert settings_page.page(SETTINGS[1:]) != text


def _made(kind: str) -> set[str]:
    """The names of what is made as `name = kind("…")` anywhere in the app."""
    return {
        str(node.value.args[0].value)
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args
        if ast.unparse(node.value.func) == kind and isinstance(node.value.args[0], ast.Constant)
    }


def test_a_blueprint_is_listed_in_create_app(app: Flask):
    assert _made(Blueprint.__name__) - set(app.blueprints) == set()


def test_the_face_of_a_feature_for_programs_is_listed_in_create_app(app: Flask):
    made = _made(Api.__name__)
    assert made
    assert {f"{name}_api" for name in made} - set(app.blueprints) == set()
    assert "guests" in made
