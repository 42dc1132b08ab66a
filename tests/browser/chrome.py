"""Chromium, what axe finds in a page, and what a page complains about."""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

CHROMIUM = pathlib.Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (pathlib.Path(__file__).parent / "vendor" / "axe.min.js").read_text()
PHONE, LAPTOP = 390, 1280
HEIGHT = {PHONE: 844, LAPTOP: 900}
PATIENCE = 10_000  # milliseconds until a page that does not do what is awaited has failed


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; skips where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


def opened(browser: Browser, *, width: int = LAPTOP, **options: Any) -> BrowserContext:
    """A browser of somebody's own, with no cookies: `scripts=False` runs none."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT[width]},
        reduced_motion="reduce",
        timezone_id="Europe/Ljubljana",
        java_script_enabled=options.pop("scripts", True),
        **options,
    )
    context.set_default_timeout(PATIENCE)
    return context


class Ears:
    """Hears what a page, or all pages of a context, complain about: errors, refused content, answers 500."""

    def __init__(self, of: BrowserContext | Page) -> None:
        self.heard: list[str] = []
        if isinstance(of, Page):
            of.on("pageerror", lambda error: self.heard.append(str(error)))
        else:
            of.on("weberror", lambda error: self.heard.append(str(error.error)))
        of.on("console", lambda said: self._console(said.type, said.text, said.page))
        of.on("response", lambda response: self._answer(response.status, response.url))
        of.on("requestfailed", lambda request: self._failed(request.failure, request.url))

    def _console(self, kind: str, text: str, page: Page | None) -> None:
        # A refused form (422) and a page that says 404 are meant; the browser notes each as an error of the network.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.heard.append(f"{page.url if page else ''}: {text}")

    def _answer(self, status: int, url: str) -> None:
        if status >= 500:
            self.heard.append(f"{url}: {status}")

    def _failed(self, failure: str | None, url: str) -> None:
        # What a page asked for when it was left is given up by the browser.
        if failure and "ERR_ABORTED" not in failure:
            self.heard.append(f"{url}: {failure}")


def violations(page: Page, *rules: str) -> list[tuple[str, list[str]]]:
    """What axe finds, by all of its rules or by `rules` alone; it runs past the page's own policy for scripts."""
    session = page.context.new_cdp_session(page)
    known = session.send("Runtime.evaluate", {"expression": "typeof axe", "returnByValue": True})
    if known["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE})
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    run = (
        f"axe.run({json.dumps(options)})"
        ".then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])))"
    )
    answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    session.detach()
    found: list[tuple[str, list[str]]] = json.loads(answer["result"]["value"])
    return found


def sticking_out(page: Page) -> list[str]:
    """The outermost elements that make the page wider than its window; empty where nothing has to be scrolled."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.documentElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            const held = e => e && (getComputedStyle(e).overflowX !== "visible" || held(e.parentElement));
            const out = [...document.body.querySelectorAll("*")]
                .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > root.clientWidth + 0.5)
                .filter(e => !held(e.parentElement));
            return [`page: ${root.scrollWidth}`, ...out.filter(e => !out.includes(e.parentElement))
                .map(e => e.cloneNode(false).outerHTML)];
        }"""
    )
    return found


def unseen(page: Page) -> list[str]:
    """What can have the focus without showing it: no outline on itself, its label or its neighbour, or no size."""
    found: list[str] = page.evaluate(
        """() => {
            const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
            const drawn = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
            const outlined = e => e && [null, "::before", "::after"].some(part => drawn(getComputedStyle(e, part)));
            const sized = e => e && Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) > 8;
            const dull = [];
            for (const e of all) {
                if (e.tabIndex < 0 || e.disabled || e.type === "hidden" || !e.checkVisibility()) continue;
                document.activeElement?.blur();
                e.focus({ preventScroll: true, focusVisible: true });
                if (document.activeElement !== e) continue;
                const shown = [e, e.nextElementSibling, e.closest("label, li"), e.parentElement];
                if (!shown.some(outlined) || !(sized(e) || sized(e.closest("label")))) dull.push(e.outerHTML);
            }
            document.activeElement?.blur();
            return dull;
        }"""
    )
    return found
