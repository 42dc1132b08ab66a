"""Bodies that no browser sends."""

import pytest

from tests.browsers import Browser
from tests.world import World, is_page

NAMELESS = b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"
KIND = "multipart/form-data; boundary=a"
BODIES = {
    "nothing": (b"", KIND),
    "no end": (b"--a\r\n", KIND),
    "no boundary": (b"--a\r\n", "multipart/form-data"),
    "a field cut off": (b'--a\r\nContent-Disposition: form-data; name="email"\r\n\r\nx', KIND),
    "a field without a name": (NAMELESS, KIND),
    "an unknown charset": (
        b'--a\r\nContent-Disposition: form-data; name="email"\r\nContent-Type: text/plain; charset=x\r\n\r\nx\r\n--a--',
        KIND,
    ),
    "JSON": (b'{"email":', "application/json"),
    "no type": (b"email=x", ""),
    "UTF-16": ("email=x".encode("utf-16"), "application/x-www-form-urlencoded; charset=utf-16"),
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("person", ["nobody", "owner"])
def test_no_body_breaks_a_page(world: World, person: str, what: str):
    body, kind = BODIES[what]
    browser = world.browser(person)
    for rule in world.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and is_page(rule.endpoint):
            headers = {"X-CSRFToken": browser.csrf_token()}
            response = browser._ask("POST", world.address(rule), data=body, content_type=kind, headers=headers)
            assert response.status_code < 500, rule


def test_a_field_without_a_name_is_not_read(browser: Browser):
    assert browser._ask("POST", "/login", data=NAMELESS, content_type=KIND).status_code == 400
