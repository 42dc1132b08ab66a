"""Markdown that anybody may have written, as HTML that harms nobody."""

import functools

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

# Raw HTML is shown as text and pictures are not shown: a picture's address tells its owner who reads, and when.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).disable("image")
_MARKDOWN.enable("strikethrough").enable("table")

# Titles of a page are the page's own; a description's begin below them.
_HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "blockquote", "ul", "ol", "li", "code", "pre", "a",
    "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_LONGEST = 100_000


@functools.lru_cache(maxsize=512)
def _render(text: str) -> str:
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener ugc",
        strip_comments=True,
    )


def render_markdown(text: str | None) -> Markup:
    """Return the HTML of a text in Markdown (CommonMark, tables, strikethrough): no raw HTML, no pictures.

    Whatever stands in `text`, the result has only plain formatting tags and links to http, https, mailto and tel.
    """
    return Markup(_render((text or "")[:_LONGEST]))  # noqa: S704 - nh3 has just cleaned it
