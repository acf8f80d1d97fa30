"""Which block of an answer is meant, and when that is not sure."""

from __future__ import annotations

import pytest

from engine.assist.blocks import Block, Kinship, blocks_in
from engine.assist.choice import choose_code
from engine.languages import language_of

PYTHON = language_of("python")
OLD = "def total(items):\n    return sum(itmes)\n"
GOOD = "def total(items):\n    return sum(items)"
USAGE = "\n".join(f"print(total([{number}, {number}]))" for number in range(9))


def block(code: str, tag: str = "python") -> str:
    return f"```{tag}\n{code}\n```\n"


@pytest.mark.parametrize(
    "answer",
    [
        block(GOOD) + "Use it like this:\n" + block(USAGE),
        "An example:\n" + block(USAGE) + "The function:\n" + block(GOOD),
        "The fault is here:\n" + block(OLD) + "It should be:\n" + block(GOOD),
        "The fault is here:\n" + block("    return sum(itmes)  # undefined") + block(GOOD),
        "Before:\n" + block(OLD.replace("\n", "  # never defined anywhere in this file\n")) + "After:\n" + block(GOOD),
        block(GOOD) + "This prints:\n" + block("3 7 11 15 9 " * 12, ""),
        block(GOOD) + "Run it:\n" + block("python -m shop --with --many --options " * 3, "sh"),
        block(GOOD) + block(f"from shop import total\n\nif __name__ == '__main__':\n    {USAGE.splitlines()[0]}"),
        block(GOOD)
        + block("import unittest\n\nclass Example(unittest.TestCase):\n    def test(self):\n        total([])"),
    ],
    ids=["usage", "usage first", "old", "a part", "old, commented", "output", "command", "script", "test"],
)
def test_the_block_that_stands_for_the_old_code_is_taken(answer: str) -> None:
    choice = choose_code(answer, PYTHON, OLD)
    assert (choice.code, choice.is_sure) == (GOOD, True)


@pytest.mark.parametrize(
    "answer",
    [
        block(GOOD) + "Or:\n" + block("def total(items):\n    return functools.reduce(add, items)"),
        "Add this at the top:\n" + block("import math") + block("def total(items):\n    return math.fsum(items)"),
        block("LIMIT = 3") + block("def total(items):\n    return sum(items[:LIMIT])"),
        block("def helper(items):\n    return items") + block("def total(items):\n    return sum(helper(items))"),
        block(GOOD) + block("def average(items):\n    return 1"),
    ],
    ids=["another way", "an import", "a constant", "a helper", "another function"],
)
def test_what_could_be_meant_as_well_makes_it_unsure(answer: str) -> None:
    assert not choose_code(answer, PYTHON, OLD).is_sure


def test_comments_alone_make_new_code_if_they_are_wanted() -> None:
    commented = "def total(items):\n    # the sum\n    return sum(itmes)"
    choice = choose_code(block(OLD) + block(commented), PYTHON, OLD, comments_count=True)
    assert (choice.code, choice.is_sure) == (commented, True)


def test_statements_have_no_name_to_know_them_by() -> None:
    assert not choose_code(block("x = f(1, 2)") + block("y = 2\nprint(y)"), PYTHON, "x = f(1)\n").is_sure


@pytest.mark.parametrize(
    ("tag", "language", "kinship"),
    [
        ("python:src/x.py", "python", Kinship.SAME),
        ("src/shop/x.py", "python", Kinship.SAME),
        ('python title="x.py"', "python", Kinship.SAME),
        ("{.python .numberLines}", "python", Kinship.SAME),
        ("Python3", "python", Kinship.SAME),
        ("tsx", "typescriptreact", Kinship.SAME),
        ("tsx", "typescript", Kinship.SAME),
        ("jsx", "javascript", Kinship.SAME),
        ("mjs", "javascript", Kinship.SAME),
        ("c++", "cpp", Kinship.SAME),
        ("hpp", "cpp", Kinship.SAME),
        ("rust,ignore", "rust", Kinship.SAME),
        ("kt", "kotlin", Kinship.SAME),
        ("brainfuck", "brainfuck", Kinship.SAME),
        ("text", "python", Kinship.UNNAMED),
        ("", "python", Kinship.UNNAMED),
        ("js", "typescript", Kinship.RELATED),
        ("html", "vue", Kinship.RELATED),
        ("sh", "python", Kinship.OTHER),
        ("output", "python", Kinship.OTHER),
    ],
)
def test_tags_name_languages_in_many_ways(tag: str, language: str, kinship: Kinship) -> None:
    assert Block(tag, "").kinship(language_of(language)) is kinship


def test_a_vue_file_fenced_as_html_is_the_answer_beside_a_longer_script() -> None:
    old = "<template>\n  <p>{{ a }}</p>\n</template>\n"
    answer = block("<template>\n  <b>{{ a }}</b>\n</template>", "html") + block("let shown = 1;\n" * 20, "js")
    assert choose_code(answer, language_of("vue"), old).code.startswith("<template>\n  <b>")


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", '"""Adds.\n\n```\nadd(1, 2)\n```\n"""\n\n\ndef add(a, b):\n    return a + b'),
        (
            "python",
            'def add(a, b):\n    """Adds.\n\n```\nadd(1, 2)\n```\n\n```\nadd(3, 4)\n```\n    """\n    return a + b',
        ),
        ("javascript", "/**\n```\nadd(1, 2)\n```\n*/\nfunction add(a, b) {\n  return a + b;\n}"),
    ],
)
def test_a_bare_fence_in_a_docstring_belongs_to_the_code(language: str, code: str) -> None:
    answer = f"```{language}\n{code}\n```\n\nUse it:\n\n```\nadd(1)\n```\n"
    assert [each.text for each in blocks_in(answer, language_of(language))] == [code, "add(1)"]
