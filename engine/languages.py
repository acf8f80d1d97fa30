"""What the engine knows of each language: plain syntax and names, nothing tuned to one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Language:
    """`id` is the LSP languageId, `name` the tag CodeGeeX models were trained with."""

    id: str
    name: str
    line_comment: str
    suffixes: tuple[str, ...]
    block_openers: tuple[str, ...] = ("{", "(", "[")


LANGUAGES: tuple[Language, ...] = (
    Language("python", "Python", "#", (".py", ".pyi", ".pyw"), (":", "(", "[", "{")),
    Language("javascript", "JavaScript", "//", (".js", ".mjs", ".cjs")),
    Language("javascriptreact", "JavaScript", "//", (".jsx",)),
    Language("typescript", "TypeScript", "//", (".ts", ".mts", ".cts")),
    Language("typescriptreact", "TypeScript", "//", (".tsx",)),
    Language("java", "Java", "//", (".java",)),
    Language("go", "Go", "//", (".go",)),
    Language("c", "C", "//", (".c", ".h")),
    Language("cpp", "C++", "//", (".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx")),
    Language("rust", "Rust", "//", (".rs",)),
    Language("csharp", "C#", "//", (".cs",)),
    Language("kotlin", "Kotlin", "//", (".kt", ".kts")),
    Language("swift", "Swift", "//", (".swift",)),
    Language("scala", "Scala", "//", (".scala",)),
    Language("php", "PHP", "//", (".php",)),
    Language("ruby", "Ruby", "#", (".rb",), ("do", "then", "{", "(", "[")),
    Language("lua", "Lua", "--", (".lua",), ("then", "do", "function", "{", "(")),
    Language("shellscript", "Shell", "#", (".sh", ".bash", ".zsh"), ("then", "do", "{", "(")),
    Language("perl", "Perl", "#", (".pl", ".pm")),
    Language("r", "R", "#", (".r", ".R")),
    Language("julia", "Julia", "#", (".jl",), ("do", "begin", "(", "[")),
    Language("dart", "Dart", "//", (".dart",)),
    Language("haskell", "Haskell", "--", (".hs",), ("where", "do", "of", "=")),
    Language("elixir", "Elixir", "#", (".ex", ".exs"), ("do", "->")),
    Language("sql", "SQL", "--", (".sql",)),
    Language("html", "HTML", "<!--", (".html", ".htm"), (">",)),
    Language("css", "CSS", "/*", (".css",)),
    Language("scss", "SCSS", "//", (".scss",)),
    Language("vue", "Vue", "//", (".vue",)),
    Language("json", "JSON", "//", (".json",)),
    Language("yaml", "YAML", "#", (".yml", ".yaml"), (":",)),
    Language("toml", "TOML", "#", (".toml",)),
    Language("markdown", "Markdown", "<!--", (".md",)),
    Language("dockerfile", "Dockerfile", "#", ()),
    Language("makefile", "Makefile", "#", (".mk",), (":",)),
)

_BY_ID = {language.id: language for language in LANGUAGES}
_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
# languageIds that say nothing: LSP4IJ sends "textmate" for languages its IDE has no plugin for.
_SAYS_NOTHING = {"", "plaintext", "textmate", "text", "unknown"}


def language_of(language_id: str, path: str = "") -> Language:
    """The language of a document. One nobody knows is served all the same, by its id and with plain syntax."""
    wanted = language_id.lower()
    if wanted in _BY_ID:
        return _BY_ID[wanted]
    by_suffix = _BY_SUFFIX.get(PurePosixPath(path).suffix)
    if wanted in _SAYS_NOTHING:
        return by_suffix or Language("plaintext", "", "#", ())
    return by_suffix or Language(wanted, language_id, "//", ())
