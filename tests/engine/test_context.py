"""What is found for a place: words, similar code, declarations, likely names, and how they are packed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.context.affinity import Affinity
from engine.context.collect import collect
from engine.context.declarations import declared_in_view
from engine.context.find import find
from engine.context.index import MemoryIndex
from engine.context.likely import Matches, likely_names
from engine.context.outline import outline
from engine.context.source import Source
from engine.context.syntax import family_of
from engine.context.words import query_terms, terms_of, terms_of_text
from engine.document import Cursor, Document
from engine.types import CompletionRequest, Location
from tests.engine.context_files import memory_index, view_at
from tests.scripted import at_cursor

PAINT = "def paint(wheels, colour):\n    return wheels.coat(colour)\n"


def test_a_compound_word_counts_whole_and_in_parts() -> None:
    assert terms_of("parseHttpHeader") == "parsehttpheader parse http header"
    assert terms_of("max_size") == "max_size max size"
    assert terms_of("plain") == "plain"


def test_words_near_the_cursor_weigh_most() -> None:
    weights = query_terms("alpha\nbravo\ncharlie ", "delta\n", frozenset())
    assert weights["charlie"] > weights["bravo"] > weights["alpha"] > 0
    assert weights["delta"] < weights["bravo"]


def test_keywords_and_parts_weigh_less() -> None:
    weights = query_terms("return parseHeader", "", frozenset({"return"}))
    assert weights["parse"] == weights["parseheader"] / 2
    assert weights["return"] < weights["parse"]


@pytest.mark.parametrize(
    ("language", "source", "names"),
    [
        ("python", "class A:\n    x = 1\n    def f(self):\n        pass\n", "A x f"),
        ("typescript", "export interface A { b: string }\nexport const f = () => 1\n", "A b f"),
        ("javascript", "class A { f() {} }\nfunction g() {}\n", "A f g"),
        ("java", "class A { int b; void f() {} }\n", "A b f"),
        ("go", "type A struct { b int }\nfunc (a A) F() {}\n", "A b F"),
        ("c", "struct a { int b; };\nint f(void) { return 1; }\n#define N 1\n", "a b f N"),
        ("cpp", "class A { int b; void f(); };\nvoid A::g() {}\n", "A b f g"),
        ("rust", "struct A { b: u8 }\nimpl A { fn f(&self) {} }\n", "A b A f"),
        ("csharp", "class A { int b; void F() {} public int P { get; } }\n", "A b F P"),
    ],
)
def test_what_a_file_declares(language: str, source: str, names: str) -> None:
    assert sorted(each.name for each in outline(language, source)) == sorted(names.split())


def test_a_declaration_knows_its_signature_and_what_holds_it() -> None:
    shop, sell = outline("python", "class Shop:\n    def sell(\n        self,\n    ):\n        pass\n")
    assert (shop.start, shop.end, shop.parent) == (0, 5, -1)
    assert (sell.start, sell.signature_end, sell.parent) == (1, 4, 0)


def test_a_language_without_grammar_has_no_outline_but_is_searched() -> None:
    assert not list(outline("elixir", "def paint(x), do: x"))
    index = memory_index(paint_dot_ex="def paint(wheels, colour), do: wheels\n")
    assert [s.path for s in find(view_at("paint(<cursor>", "main.ex"), index, 500)] == ["paint.ex"]


def test_code_that_shares_rare_words_comes_first() -> None:
    index = memory_index(far_dot_py="def unrelated(value):\n    return value\n", near_dot_py=PAINT)
    best = find(view_at("painted = paint(<cursor>"), index, 500)[0]
    assert (best.path, best.start_line, best.reason) == ("near.py", 0, "declares paint")


def test_what_the_prompt_shows_is_not_shown_again() -> None:
    source = PAINT + "paint(<cursor>"
    assert find(view_at(source), memory_index(main_dot_py=source.replace("<cursor>", "")), 500) == []


def test_far_parts_of_the_file_itself_are_context() -> None:
    source = PAINT + "x = 1\n" * 200 + "paint(<cursor>"
    index = memory_index(main_dot_py=source.replace("<cursor>", ""))
    assert find(view_at(source, chars=300), index, 500)[0].start_line == 0


def test_the_members_of_the_type_before_the_dot_are_declared() -> None:
    index = memory_index(
        shop_dot_py="class Shop:\n" + "".join(f"    def sell_{n}(self):\n        return {n}\n\n" for n in range(6))
    )
    view = view_at("from shop import Shop\nshop: Shop = Shop()\nshop.<cursor>")
    best = declared_in_view(view, index, Affinity(view), 9)[0]
    assert best.name == "Shop"
    assert [best.source.lines[n].strip() for n in best.lines][:2] == ["class Shop:", "def sell_0(self):"]


def test_of_two_declarations_the_imported_files_counts() -> None:
    index = memory_index(a__tool_dot_py="def make(wood):\n    pass\n", b__tool_dot_py="def make(iron):\n    pass\n")
    view = view_at("from b.tool import make\nmake(<cursor>")
    assert [each.source.path for each in declared_in_view(view, index, Affinity(view), 9)] == ["b/tool.py"]


def test_imports_folders_and_edits_bring_a_file_closer() -> None:
    view = view_at("import shop\n<cursor>", "app/main.py")
    near = Affinity(view)
    assert near.of("other/shop.py") > near.of("other/else.py")
    assert near.of("app/else.py") > near.of("other/else.py")
    assert near.factor("app/main.py") == 1.0


def test_a_name_that_follows_the_name_before_the_cursor_is_likely() -> None:
    index = memory_index(use_dot_py="painted = frame.coat(red)\nframe.coat(green)\nframe.drop(blue)\n")
    view = view_at("frame.<cursor>")
    source = index.sources(["use.py"])["use.py"]
    chunk = index.search("python", view.terms, index.rarity("python", view.terms), 1)[0]
    likely = likely_names(view, Matches([(source, chunk)], [], {"frame": 1.0}), 10)
    assert likely["coat"] > likely["drop"] > likely["blue"]


def test_excerpts_keep_within_the_budget_and_the_order_of_lines() -> None:
    text = "".join(f"def paint_{n}(wheels, tint_{n}):\n    return tint_{n}\n\n" for n in range(60))
    snippets = find(view_at("paint(wheels, <cursor>"), memory_index(a_dot_py=text), 400)
    assert 200 < sum(len(s.text) for s in snippets) < 520
    assert all(text.find(a) < text.find(b) for s in snippets for a, b in pairwise(s.text.split("\n")))


def test_the_best_match_is_shown_as_it_stands() -> None:
    index = memory_index(a_dot_py=PAINT + "\n\ndef other(paint):\n    same = paint\n    paint(same)\n")
    best = find(view_at("painted = paint(<cursor>"), index, 500)[0]
    assert best.reason == "similar code, the best match"
    assert best.text.startswith(PAINT.rstrip())


def test_a_statement_over_several_lines_is_shown_whole() -> None:
    index = memory_index(a_dot_py="result = paint(\n    frame,\n    lacquer=shiny,\n)\n")
    assert "lacquer=shiny" in find(view_at("paint(<cursor>"), index, 300)[0].text


def test_comments_are_not_quoted() -> None:
    index = memory_index(a_dot_py="# about paint and wheels\n\n" + PAINT)
    assert "#" not in find(view_at("paint(<cursor>"), index, 300)[0].text


def test_families_do_not_see_each_other() -> None:
    assert find(view_at("paint(<cursor>", "main.go"), memory_index(a_dot_py=PAINT), 300) == []
    assert family_of("", "a.tsx") is family_of("", "b.mjs")


def test_documents_without_a_workspace_help_each_other() -> None:
    request = at_cursor("paint(<cursor>", paint_dot_py=PAINT)
    assert [snippet.path for snippet in collect(request, {}, 500)] == ["paint.py"]


def test_open_documents_that_are_secret_or_ignored_stay_out(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("local.py\n")
    ignored = Document("local.py", "python", PAINT, tmp_path / "local.py", tmp_path)
    secret = Document("prod/.env.py", "python", PAINT)
    assert collect(CompletionRequest(Cursor.between("paint(", "", "Untitled-1", "python"), (ignored,)), {}, 500) == ()
    assert collect(CompletionRequest(Cursor.between("paint(", "", "Untitled-1", "python"), (secret,)), {}, 500) == ()


def test_a_secret_in_an_open_document_is_masked() -> None:
    token = "ghp_" + "a1" * 18
    request = at_cursor(
        "connect(api_token, <cursor>", settings_dot_py=f"api_token = '{token}'\nconnect(api_token, host)\n"
    )
    shown = "".join(snippet.text for snippet in collect(request, {}, 500))
    assert "host" in shown
    assert token not in shown


def test_an_outline_older_than_its_text_does_no_harm() -> None:
    outdated = outline("python", "x = 1\n" * 50 + PAINT)
    index = memory_index()
    index.put(Source("a.py", "", PAINT, lambda: outdated))
    assert find(view_at("paint(<cursor>"), index, 500)[0].path == "a.py"


def test_documents_that_were_edited_before_are_forgotten() -> None:
    collect(at_cursor(PAINT + "<cursor>", path="a.py"), {}, 500)
    assert collect(at_cursor("paint(<cursor>", path="b.py"), {}, 500) == ()


def test_what_is_derived_of_a_text_is_made_once() -> None:
    source = Source("a.py", "", PAINT)
    assert source.line(0) is source.line(0)
    assert source.declarations is source.declarations


def test_the_same_view_gets_the_same_snippets_in_every_process() -> None:
    """Python orders sets anew in each process: what is equally good must not be chosen by that."""
    program = """
from pathlib import Path
from engine.context.find import find
from engine.context.index import MemoryIndex
from engine.context.source import Source
from engine.context.view import View
from engine.document import Cursor
index = MemoryIndex()
files = sorted(Path("engine/context").glob("*.py"))
for file in files:
    index.put(Source(file.name, "python", file.read_text(encoding="utf-8")))
text = files[3].read_text(encoding="utf-8")
view = View(Cursor.between(text[:2000], text[2000:], files[3].name), 1500, 500)
print([(each.path, each.start_line, each.text) for each in find(view, index, 4000)])
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1


def covered(index: MemoryIndex, path: str) -> set[int]:
    """The lines of a file's chunks, each of which is found by the words it holds."""
    lines: set[int] = set()
    for held in index._of_path[path]:
        chunk = index._chunks[held.number]
        text = index.sources([path])[path].lines[chunk.start : chunk.end]
        assert set(held.terms) == {term for line in text for term in terms_of_text(line).split()}
        lines |= set(range(chunk.start, chunk.end))
    return lines


@settings(max_examples=400, deadline=None)
@example(edits=[(62, 19, 0), (0, 0, 0), (81, 0, 1)])  # more behind a last chunk that was short
@given(edits=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_a_changed_text_is_found_by_its_words_wherever_it_was_changed(edits: list[tuple[int, int, int]]) -> None:
    lines = [f"line_{number} = {number}" for number in range(100)]
    index = memory_index(a_dot_py="\n".join(lines))
    for step, (at, removed, added) in enumerate(edits):
        lines[at : at + removed] = [f"added_{step}_{number} = 0" for number in range(added)]
        index.put(Source("a.py", "", "\n".join(lines)))
        assert covered(index, "a.py") >= set(range(len(lines)))
    index.drop("a.py")
    assert index.rarity("python", ["line", "added"]) == {}


def test_a_key_changes_the_chunks_it_touches() -> None:
    lines = [f"line_{number} = {number}" for number in range(1000)]
    index = memory_index(a_dot_py="\n".join(lines))
    before = {held.number for held in index._of_path["a.py"]}
    index.put(Source("a.py", "", "\n".join([*lines[:500], "one_more = 1", *lines[500:]])))
    assert len({held.number for held in index._of_path["a.py"]} - before) <= 4


def test_what_the_editor_knows_a_name_to_be_is_declared_first() -> None:
    index = memory_index(a__shop_dot_py="class Cart:\n    def total(self): ...\n", b__golf_dot_py="class Cart: ...\n")
    view = view_at("cart.<cursor>")
    assert declared_in_view(view, index, Affinity(view), 9) == []
    known = replace(view, definitions=(Location("a/shop.py", 0), Location("gone.py", 3)))
    best = declared_in_view(known, index, Affinity(known), 9)
    assert [(each.source.path, each.name, each.lines) for each in best] == [("a/shop.py", "Cart", (0, 1))]


def test_a_definition_that_the_prompt_shows_is_not_shown_again() -> None:
    index = memory_index(main_dot_py="class Cart: ...\ncart = Cart()\n")
    view = replace(view_at("class Cart: ...\ncart = Cart()\ncart.<cursor>"), definitions=(Location("main.py", 0),))
    assert declared_in_view(view, index, Affinity(view), 9) == []
