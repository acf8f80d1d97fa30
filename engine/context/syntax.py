"""Basic syntax of the languages that the index knows: which share names, their keywords, imports and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.languages import language_of


@dataclass(frozen=True)
class Family:
    """Languages whose files see each other's names. `imports` finds the statements that name other files."""

    id: str
    languages: frozenset[str]
    keywords: frozenset[str]
    imports: str = ""  # an expression, compiled when first used


def _family(family: str, languages: str, keywords: str, imports: str = "") -> Family:
    return Family(family, frozenset(languages.split()), frozenset(keywords.split()), imports)


FAMILIES = (
    _family(
        "python",
        "python",
        "False None True and as assert async await break case class continue def del elif else except finally for from"
        " global if import in is lambda match nonlocal not or pass raise return self cls try while with yield",
        r"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]*)|import[ \t]+[^\n]+)",
    ),
    _family(
        "javascript",
        "javascript javascriptreact typescript typescriptreact vue",
        "abstract any as async await boolean break case catch class const constructor continue debugger declare default"
        " delete do else enum export extends false finally for from function get if implements import in infer"
        " instanceof interface is keyof let namespace never new null number object of private protected public readonly"
        " return satisfies set static string super switch symbol this throw true try type typeof undefined unknown var"
        " void while with yield",
        r"^[ \t]*(?:import\b[^;'\"]*['\"][^'\"\n]+['\"]|export\b[^;'\"\n]*from[ \t]*['\"][^'\"\n]+['\"]"
        r"|(?:const|let|var)[^=\n]+=[ \t]*require\([^)\n]*\))",
    ),
    _family(
        "java",
        "java",
        "abstract assert boolean break byte case catch char class const continue default do double else enum extends"
        " final finally float for if implements import instanceof int interface long native new null package permits"
        " private protected public record return sealed short static super switch synchronized this throw throws"
        " transient true false try var void volatile while yield",
        r"^[ \t]*(?:import|package)[ \t]+[^;\n]+;",
    ),
    _family(
        "go",
        "go",
        "break case chan const continue default defer else fallthrough for func go goto if import interface map package"
        " range return select struct switch type var true false nil",
        r"^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?\"[\w./\-]+\"[ \t]*$",
    ),
    _family(
        "c",
        "c cpp",
        "alignas alignof auto bool break case catch char class const constexpr const_cast continue decltype default"
        " define delete do double dynamic_cast elif else endif enum explicit extern false final float for friend goto"
        " if ifdef ifndef include inline int long mutable namespace new noexcept NULL nullptr operator override private"
        " protected public register reinterpret_cast return short signed sizeof static static_assert static_cast struct"
        " switch template this throw true try typedef typeid typename union unsigned using virtual void volatile while",
        r"^[ \t]*#[ \t]*include[^\n]+",
    ),
    _family(
        "rust",
        "rust",
        "as async await bool break const continue crate dyn else enum extern false fn for if impl in let loop match mod"
        " move mut pub ref return self Self static str struct super trait true type unsafe use usize where while",
        r"^[ \t]*(?:pub[ \t]+)?(?:use|mod)[ \t]+[^;]+;",
    ),
    _family(
        "csharp",
        "csharp",
        "abstract as async await base bool break byte case catch char checked class const continue decimal default"
        " delegate do double else enum event explicit extern false finally fixed float for foreach get if implicit in"
        " int interface internal is lock long namespace new null object operator out override params partial private"
        " protected public readonly record ref return sealed set short sizeof static string struct switch this throw"
        " true try typeof uint ulong unchecked unsafe using var virtual void volatile when where while yield",
        r"^[ \t]*(?:global[ \t]+)?(?:using|namespace)[ \t]+[\w.= ]+",
    ),
)  # fmt: skip
FAMILY_IDS = (*(family.id for family in FAMILIES), "other")
_BY_LANGUAGE = {language: family for family in FAMILIES for language in family.languages}
MAX_IMPORT_CHARS = 40_000  # of a text: imports are at its beginning


def family_of(language_id: str, path: str) -> Family:
    """Return the family of a file. A language of no family is one by itself, searched by identifiers alone."""
    language = language_of(language_id, path).id
    return _BY_LANGUAGE.get(language) or Family("other", frozenset({language}), frozenset())


def imported_words(text: str, family: Family) -> tuple[frozenset[str], ...]:
    """Return the words of each import statement, among them the names of the imported files."""
    if not family.imports:
        return ()
    head = text[:MAX_IMPORT_CHARS]
    return tuple(
        frozenset(re.findall(r"\w+", m.group().replace("-", "_")))
        for m in re.finditer(family.imports, head, re.MULTILINE)
    )


# A line without information: blank, single brackets, a comment.
COMMENTARY = re.compile(r"\s*(?:[^\w\s]{0,3}\s*$|//|#(?!define|\[|if|include|!)|\*|/\*|--|<!--)")


def stem_parts(path: str) -> tuple[str, str, str]:
    """Return a file's name without suffixes, its folder's name, and that of the folder around it."""
    *_, outer, folder, name = "", "", *path.replace("-", "_").split("/")
    return name.partition(".")[0], folder, outer
