"""The documents say what the code does: generated pages are current, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from lsp_server.settings import SECTION, SETTINGS

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
README_LINES = 150


def test_the_page_of_settings_is_current() -> None:
    spec = importlib.util.spec_from_file_location("docs_settings", REPOSITORY / "docs" / "settings.py")
    assert spec
    assert spec.loader
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    page = generator.PAGE.read_text(encoding="utf-8")
    assert page == generator.settings_page(), "run `python docs/settings.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_to_files(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_is_short_and_its_settings_exist() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= README_LINES
    known = {f"{SECTION}.{setting.name}" for setting in SETTINGS}
    assert set(re.findall(rf"`({SECTION}\.[\w.]+)`", text)) <= known


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([\w-]+)", page.read_text(encoding="utf-8"))}
    assert named <= targets
