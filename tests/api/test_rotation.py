"""Secret keys rotate: whoever came with the earlier one goes on, and what is new is signed with the new one."""

import base64
import json
import pathlib
import re
from collections.abc import Iterator

import altcha
import jwt
import pytest
from click.testing import Result
from flask import Flask

from tests import factories
from tests.api.test_signing import rows
from tests.browsers import Browser
from tests.home.installations import Install, installing, unpack
from tests.programs import Program, refused
from webapp import config, create_app
from webapp.accounts import links, tokens
from webapp.admin import doctor
from webapp.companies import setting_up
from webapp.core.database import db
from webapp.core.queue import Queue
from webapp.core.tokens import Purpose, make, read
from webapp.home import backup, restore
from webapp.models import User
from webapp.web import captcha


@pytest.fixture
def install(tmp_path: pathlib.Path) -> Iterator[Install]:
    with installing(tmp_path) as made:
        yield made


def kept(app: Flask) -> list[str]:
    """The keys that the instance folder keeps."""
    return (pathlib.Path(app.instance_path) / "secret_key").read_text().splitlines()


def rotate(app: Flask, *options: str) -> Result:
    """Turn the key of a running installation, which heeds it when it is started anew."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["rotate-key", *options])


def started_anew(app: Flask, **settings: str) -> Flask:
    """The same installation, in a process that reads its keys now."""
    return create_app({"INSTANCE_PATH": app.instance_path, "JOBS": "none", "LIMITS": "no", **settings}, TESTING=True)


def carried(browser: Browser, app: Flask) -> Browser:
    """The same browser, with its cookies, before the app as it is now."""
    other = Browser(app)
    for name in ("identity", "session"):
        cookie = browser.client.get_cookie(name)
        assert cookie is not None, name
        other.client.set_cookie(name, cookie.value)
    return other


def token_in(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]


def solved(challenge: dict) -> str:
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": found.to_dict()}).encode()).decode()


def test_browsers_tokens_and_mailed_links_all_go_on(install: Install):
    before = install("sqlite")
    with before.app_context():
        factories.set_up_site()
        ana = factories.an_account("Ana", email="ana@example.org")
        factories.a_company(ana)
        ana_id = ana.id
        fresh = factories.an_account("Fresh", email="fresh@example.org", verified=False)
        verify = links.token_of(links.issue(fresh, Purpose.VERIFY))
        reset = links.token_of(links.issue(ana, Purpose.RESET))
        guest = factories.a_guest(factories.an_event(factories.a_company(ana), ana))
        personal = make(Purpose.PERSONAL, guest.id, guest.nonce)
        browser = Browser(before).sign_in(ana)
        # a page that stays open, with its own token against forged requests
        page = token_in(browser.get("/account").text)
        program = Program(before)
        given = program.authenticate(ana)
        by_hand = program.post("/api/tokens", {"name": "Nightly", "scopes": ["account"], "expires_in": 7})
    old = before.config["SECRET_KEY"]
    assert rotate(before).exit_code == 0

    app = started_anew(before)
    assert app.config["SECRET_KEY"] != old
    assert app.config["SECRET_KEY_FALLBACKS"] == [old]
    with app.app_context():
        later = carried(browser, app)
        assert later.get("/account").status_code == 200
        sent = {"name": "Ana", "surname": "Zupan", "csrf_token": page}
        assert later._ask("POST", "/account", data=sent).status_code == 303
        assert db.session.get_one(User, ana_id).surname == "Zupan"

        program = Program(app)
        for token in (given["user_token"], given["company_token"], by_hand.json["data"]["token"]):
            program.token = token
            assert program.get("/api/boot").status_code == 200
        program.token = given["user_token"]
        refreshed = program.get("/api/refresh")
        assert refreshed.status_code == 200
        with pytest.raises(jwt.InvalidSignatureError):
            # what is new is signed with the new key
            jwt.decode(refreshed.json["data"]["user_token"], tokens._keys()[1], ["HS256"], audience="folkmoot-api")
        program.token = None

        assert Browser(app).get(f"/rsvp/{personal}").status_code == 200
        assert read(Purpose.VERIFY, verify).row
        assert Browser(app).get(f"/verify/{verify}").status_code == 200
        assert program.post(f"/api/verify-email/{verify}", {"password": factories.PASSWORD}).status_code == 200
        sent = {"token": reset, "password": "an even longer evening"}
        assert program.post("/api/reset-password", sent).status_code == 200
        db.session.remove()
        db.engine.dispose()


def test_puzzles_questions_and_the_code_for_the_set_up_go_on(install: Install, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(captcha, "_COST", 10)
    before = install("sqlite")
    with before.test_request_context():
        puzzle, question = captcha.challenge(), captcha.ask()
        printed = config.setup_code(before.config["SECRET_KEY"])
    rotate(before)
    with started_anew(before).test_request_context():
        captcha.require_person({"altcha": solved(puzzle)})
        _answer(question)
        setting_up.require_code(printed)


def _answer(question: captcha.Question) -> None:
    first, second = re.findall(r"\d+", question.sentence)
    with pytest.raises(captcha.CaptchaError, match="quick"):
        # it is the right answer, and it came before a person can give it
        captcha.require_person({"question": question.token, "answer": str(int(first) + int(second))})


def test_what_an_earlier_key_signed_is_dead_once_it_is_forgotten(install: Install):
    before = install("sqlite")
    with before.app_context():
        factories.set_up_site()
        ana = factories.an_account("Ana", email="ana@example.org")
        program = Program(before)
        program.authenticate(ana)
        link = links.token_of(links.issue(ana, Purpose.RESET))
        browser = Browser(before).sign_in(ana)
        page = token_in(browser.get("/account").text)
    rotate(before)
    told = rotate(before, "--forget")
    assert told.exit_code == 0
    assert "forgotten" in told.output
    assert len(kept(before)) == 1

    app = started_anew(before)
    with app.app_context():
        other = Program(app)
        other.token = program.token
        refused(other.get("/api/boot"), 401, "auth_invalid")
        other.token = None
        answer = other.post("/api/reset-password", {"token": link, "password": "an even longer evening"})
        refused(answer, 404, "otk_not_found_error")
        later = carried(browser, app)
        assert later.get("/account").status_code == 200, "a browser's session is no signature"
        assert later._ask("POST", "/account", data={"name": "Ana", "csrf_token": page}).status_code == 400
        db.session.remove()
        db.engine.dispose()


def test_the_keys_lie_in_the_instance_for_their_owner_alone_newest_first(install: Install):
    app = install("sqlite")
    (first,) = kept(app)
    assert rotate(app).exit_code == 0
    second, then = kept(app)
    assert then == first
    assert rotate(app).exit_code == 0
    third, *earlier = kept(app)
    assert earlier == [second, first]
    assert len({first, second, third}) == 3
    path = pathlib.Path(app.instance_path) / "secret_key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.glob("secret_key*")] == ["secret_key"]
    # the running server signs with what it has
    assert app.config["SECRET_KEY"] == first


def test_a_rotation_that_cannot_be_written_leaves_the_keys_as_they_were(
    install: Install, monkeypatch: pytest.MonkeyPatch
):
    app = install("sqlite")
    before = kept(app)
    monkeypatch.setattr(pathlib.Path, "replace", _fail)
    assert rotate(app).exit_code == 1
    assert kept(app) == before
    assert [one.name for one in pathlib.Path(app.instance_path).glob("secret_key*")] == ["secret_key"]


def _fail(*_args: object) -> None:
    raise OSError


def test_a_key_set_from_outside_is_turned_outside(install: Install):
    app = install("sqlite", SECRET_KEY="a key from outside")
    told = rotate(app)
    assert told.exit_code == 1
    assert "SECRET_KEY_FALLBACKS" in told.output
    assert not (pathlib.Path(app.instance_path) / "secret_key").exists()


@pytest.mark.parametrize("said", ["one,two", "one two", " one,\n\ttwo , ", "one,two,one,mine"])
def test_earlier_keys_are_told_with_commas_or_spaces(tmp_path: pathlib.Path, said: str):
    read_ = config.read({"INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "mine", "SECRET_KEY_FALLBACKS": said})
    assert read_["SECRET_KEY_FALLBACKS"] == ["one", "two"]
    assert config.signing_keys(read_) == ("mine", "one", "two")


def test_a_key_from_outside_counts_as_earlier_once_another_is_set(install: Install):
    before = install("sqlite", SECRET_KEY="first" * 8)
    with before.app_context():
        factories.set_up_site()
        ana = factories.an_account("Ana", email="ana@example.org")
        program = Program(before)
        program.authenticate(ana)
        assert len(rows(ana)) == 1
    app = started_anew(before, SECRET_KEY="second" * 8, SECRET_KEY_FALLBACKS="first" * 8)
    with app.app_context():
        other = Program(app)
        other.token = program.token
        assert other.get("/api/boot").status_code == 200
        db.session.remove()
        db.engine.dispose()


def test_a_file_without_a_key_stops_the_start(tmp_path: pathlib.Path):
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(config.SettingError, match="no key"):
        config.read({"INSTANCE_PATH": str(tmp_path)})


def test_a_backup_takes_the_earlier_keys_along(install: Install, tmp_path: pathlib.Path):
    before = install("sqlite")
    rotate(before)
    with started_anew(before).app_context():
        path, manifest = backup.write(tmp_path)
        db.engine.dispose()
    assert manifest.key_kept
    assert unpack(path)["secret_key"].decode().split() == kept(before)
    other = install("sqlite")
    with other.app_context():
        found = restore.read(path)
        restored = restore.put_back(found, replace=False, say=lambda _line: None)
        found.close()
    assert kept(other) == kept(before)
    assert not restored.key_differs


def test_jobs_that_wait_go_on_under_the_new_key(install: Install):
    before = install("sqlite")
    earlier = Queue(before.config, lambda _name, _ids: None)
    earlier.put("note", ("a",))
    assert earlier.size() == 1
    rotate(before)
    later = Queue(started_anew(before).config, lambda _name, _ids: None)
    assert later.size() == 0
    later.consumer([])
    assert (later.size(), earlier.size()) == (1, 0)
    huey, _job = later._open()
    assert huey.dequeue().args == ("note", "a")
    earlier.close()
    later.close()


def test_the_doctor_tells_of_earlier_keys(install: Install):
    app = install("sqlite")
    with app.app_context():
        assert doctor.secret_key().said == "Long enough"
    rotate(app)
    with started_anew(app).app_context():
        found = doctor.secret_key()
        assert found.ok
        assert "1 earlier key is still good" in found.said
    with started_anew(app, SECRET_KEY_FALLBACKS="secret").app_context():
        found = doctor.secret_key()
        assert not found.ok
        assert "SECRET_KEY_FALLBACKS" in found.what_to_do
