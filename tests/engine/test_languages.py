"""Names and tags are what CodeGeeX models were trained with."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.languages import LANGUAGES, language_of


@pytest.mark.parametrize(
    ("language", "path", "name"),
    [
        ("python", "a.py", "Python"),
        ("textmate", "a.rs", "Rust"),
        ("", "a.go", "Go"),
        ("", "src/Dockerfile", "Dockerfile"),
        ("", "lib/CMakeLists.txt", "CMake"),
        ("", "LEGACY.F90", "Fortran"),
        ("quux", "a.qqq", "quux"),
        ("plaintext", "notes", ""),
        ("typescriptreact", "a.tsx", "TypeScript"),
        ("sh", "", "Shell"),
        ("objc", "", "Objective-C"),
        ("Visual Basic", "", "Visual Basic"),
        ("C++", "", "C++"),
    ],
)
def test_languages(language: str, path: str, name: str) -> None:
    assert language_of(language, path).name == name


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("python", "# language: Python"),
        ("cpp", "// language: C++"),
        ("swift", "// language: swift"),
        ("lua", "// language: Lua"),
        ("css", "/* language: CSS */"),
        ("html", "<!--language: HTML-->"),
        ("matlab", "% language: Matlab"),
        ("fortran", "!language: Fortran"),
        ("delphi", "{language: Delphi}"),
        ("sml", "(*language:Standard ML*)"),
        ("abap", "* language: Abap"),
        ("vb", "' language: Visual Basic"),
        ("xml", "<!-- language: XML -->"),
        ("plaintext", ""),
        ("quux", "// language: quux"),
    ],
)
def test_the_language_tag_is_as_trained(language: str, tag: str) -> None:
    assert language_of(language).tag == tag


def test_more_than_a_hundred_languages_each_found_by_one_id_and_one_suffix() -> None:
    assert len({language.name for language in LANGUAGES}) > 100
    assert not [each for each, count in Counter(language.id for language in LANGUAGES).items() if count > 1]
    suffixes = Counter(suffix for language in LANGUAGES for suffix in language.suffixes)
    assert not [suffix for suffix, count in suffixes.items() if count > 1]


def test_every_language_can_write_a_comment() -> None:
    """An empty mark would make each line a comment."""
    assert all(language.line_comment and language.comment("x") != "x" for language in LANGUAGES)
    assert language_of("ocaml").comment("x") == "(* x *)"
