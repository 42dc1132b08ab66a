"""The page of all settings, made from the code: `python -m tests.settings_page` writes docs/settings.md."""

import pathlib
from collections.abc import Sequence

from webapp.config import SETTINGS, Setting

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "settings.md"
TOP = """# Settings

All settings are environment variables, read once at start. One that cannot be read stops the start and is named.
Made from `webapp/config.py`.

| setting | default | meaning |
| --- | --- | --- |
"""


def _default(setting: Setting) -> str:
    if isinstance(setting.default, bool):
        return "`yes`" if setting.default else "`no`"
    return f"`{setting.default}`" if setting.default != "" else ""


def page(settings: Sequence[Setting] = SETTINGS) -> str:
    """Return docs/settings.md as it should be."""
    lines = [f"| `{s.name}` | {_default(s)} | {s.meaning.replace('|', chr(92) + '|')} |\n" for s in settings]
    return TOP + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
