"""Companies: what their pages tell to whom."""

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from webapp.core.permissions import Role


@pytest.mark.parametrize(("role", "shown"), [(Role.DOORKEEPER, False), (Role.ORGANISER, True)])
def test_a_companys_page_tells_of_drafts_only_who_manages_events(app: Flask, browser: Browser, role: Role, shown: bool):
    owner, person = factories.an_account(), factories.an_account()
    above = factories.a_company(owner)
    below = factories.a_company(parent=above)
    factories.a_membership(person, above, role)
    for company, title in ((above, "A secret party"), (below, "A hidden dinner")):
        factories.an_event(company, owner, title=title, state="draft", published_at=None)
        factories.an_event(company, owner, title=f"Known {title}")
    said = words(browser.sign_in(person).get(f"/companies/{above.slug}"))
    assert "Known A secret party" in said
    assert "Known A hidden dinner" in said
    said = said.replace("Known A secret party", "").replace("Known A hidden dinner", "")
    assert ("A secret party" in said, "A hidden dinner" in said) == (shown, shown)
