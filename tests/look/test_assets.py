"""Static files: addresses with a hash, one style sheet, kept for a year."""

import gzip
import re

import pytest
from flask import Flask

from tests.look.specimen_app import ROOT, make_specimen_app
from webapp.web.assets import BUNDLE, Assets, init_assets


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "css" / "components").mkdir(parents=True)
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"font")
    (tmp_path / "css" / "app.css").write_text(
        '@layer base, components;\n@import url("base.css");\n@import url("components/button.css");\n'
    )
    (tmp_path / "css" / "base.css").write_text('@font-face { src: url("../fonts/a.woff2"); }\n')
    (tmp_path / "css" / "components" / "button.css").write_text(".button { color: red; }\n")
    return tmp_path


@pytest.fixture
def client(folder):
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    init_assets(app)
    return app.test_client()


def test_the_bundle_is_the_list_in_its_order(folder):
    css = Assets(folder, "/static").bundle().decode()
    assert "@import" not in css
    assert css.index("@layer") < css.index("@font-face") < css.index(".button")
    assert re.search(r'url\("/static/fonts/a\.woff2\?v=[0-9a-f]{12}"\)', css)


def test_an_address_changes_with_what_is_in_the_file(folder):
    before = Assets(folder, "/static")
    font, bundle = before.url("fonts/a.woff2"), before.url(BUNDLE)
    (folder / "fonts" / "a.woff2").write_bytes(b"another font")
    assert (before.url("fonts/a.woff2"), before.url(BUNDLE)) == (font, bundle)
    after = Assets(folder, "/static")
    assert after.url("fonts/a.woff2") != font
    assert after.url(BUNDLE) != bundle


def test_in_debug_mode_a_change_shows_at_once(folder):
    assets = Assets(folder, "/static", keep=False)
    before = assets.url(BUNDLE)
    (folder / "css" / "base.css").write_text("body { color: blue; }\n")
    assert assets.url(BUNDLE) != before


def test_an_unknown_file_has_no_address(folder):
    with pytest.raises(FileNotFoundError):
        Assets(folder, "/static").url("css/nothing.css")


def test_what_carries_a_hash_is_kept_for_a_year(client):
    kept = client.get("/static/css/bundle.css?v=0123456789ab")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.mimetype == "text/css"
    assert "immutable" not in client.get("/static/css/bundle.css").headers["Cache-Control"]


def test_text_is_packed_for_those_who_unpack(client):
    plain = client.get("/static/css/bundle.css?v=1")
    packed = client.get("/static/css/bundle.css?v=1", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_a_font_is_packed_already(client):
    with client.get("/static/fonts/a.woff2?v=1", headers={"Accept-Encoding": "gzip"}) as font:
        assert "Content-Encoding" not in font.headers
        assert font.data == b"font"


def test_a_browser_that_has_it_gets_nothing_again(client):
    tag = client.get("/static/css/bundle.css").headers["ETag"]
    again = client.get("/static/css/bundle.css", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_not_there_is_404(client):
    assert client.get("/static/css/none.css?v=1", headers={"Accept-Encoding": "gzip"}).status_code == 404
    assert client.get("/static/../assets.py").status_code == 404


def test_every_static_file_that_a_template_names_is_there():
    app = make_specimen_app()
    with app.test_request_context("/"):
        asset = app.jinja_env.globals["asset"]
        named = set()
        for template in (ROOT / "templates").rglob("*.html"):
            named |= set(re.findall(r"asset\('([\w./-]+\.\w+)'\)", template.read_text()))
        assert "css/bundle.css" in named
        for path in named:
            assert asset(path).startswith("/static/")


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    for template in (ROOT / "templates").rglob("*.html"):
        names = set(re.findall(r"""\bicon(?:=|\()["']([\w-]+)["']""", template.read_text()))
        assert names <= sprite, template.name


def test_the_style_sheets_invent_no_colours():
    for sheet in (ROOT / "static" / "css").rglob("*.css"):
        if sheet.name in {"tokens.css", "qr.css", "avatar.css", "confirm.css"}:
            continue  # the palette itself; the code to scan, dark on white in both schemes; ink on dyes; the backdrop
        rules = re.sub(r"mask:[^;]*;|/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|oklch\(|rgb\(|hsl\(", rules), sheet.name
