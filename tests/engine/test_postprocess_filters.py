"""Golden cases of the filters: a source with a cursor, what the model says, what the editor shows.

Most are complaints of people who use other tools; each table says of what.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.postprocess.indentation import simulate_enter
from engine.types import Mode
from tests.engine.golden import SILENT, place, shown


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        # The editor has closed the bracket or the quote already: it is not closed twice.
        ("f(<cursor>)", "a, b)", "a, b"),
        ("f(<cursor>);", "a, b);", "a, b"),
        ("x = [<cursor>]", "1, 2]", "1, 2"),
        ('s = "<cursor>"', 'hello"', "hello"),
        ('f("<cursor>")', 'hello")', "hello"),
        ("if (<cursor>) {\n}", "a > b) {", "a > b"),
        ("f(<cursor>)", "a,\n  b)", "a,\n  b"),
        ("console.log(<cursor>)", "x);", "x"),
        ("const {<cursor>} = require('x')", "a, b} = require('x');", "a, b"),
        # What the text opens itself it may close.
        ("f(<cursor>)", "g(x)", "g(x)"),
        ("a[<cursor>]", "xs[0]", "xs[0]"),
        ("if (<cursor>) {\n}", "ok() && !done()", "ok() && !done()"),
        # Where only one of two is closed, the other still may be.
        ("f(g(<cursor>)", "x))", "x)"),
        ("f(g(<cursor>)", "x)", "x)"),
        ("f(<cursor>", "g(x))", "g(x))"),
        ("f(<cursor>\n", "a, b))", "a, b)"),
        # The same over several lines.
        ("function f() {<cursor>\n}", "\n    return 1;\n}", "\n    return 1;"),
        ("go(() => {<cursor>\n});", "\n  db(e => {\n    a();\n  });\n});", "\n  db(e => {\n    a();\n  });"),
        # An inner bracket that looks like the outer one below it is not dropped.
        ("setup({\n  a: 1,\n  <cursor>\n}\n", "panel: {\n    on: true,\n  }", "panel: {\n    on: true,\n  }"),
        ("if (a) {\n  x = [\n    <cursor>\n}\n", "1,\n  ];", "1,\n  ];"),
        # What the text leaves open is not shown: an accepted half would break the file.
        ("x = <cursor>\n", "foo(a, b", "foo"),
        ("x = <cursor>\n", 'y + "hel', "y +"),
        ("  <cursor>\n", "a();\n  if (b) {\n    c();", "a();"),
        ("  <cursor>\n  y = `a`\n  z = `\n", "x = `b", "x ="),
        # Unless the code below closes it.
        ("if (a) {\n  b()\n} else <cursor>\n  c()\n}\n", "if (d) {", "if (d) {"),
        # Brackets in strings and comments are text.
        ("f(<cursor>)", '")", a', '")", a'),
        ("x = 1 // see (<cursor>\n", "above", "above"),
        ("f(`${<cursor>}`)", "g(x)}`)", "g(x)"),
        ("// as (<cursor>\n", "above) or [so", "above) or"),
        ("x = 'as <cursor>'", "above) so", "above"),
        ("x = <cursor>\n", "1 */", "1"),
    ],
)
def test_brackets_and_quotes(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        # The line after the cursor is repeated, as a whole, in part, or differently spaced.
        ("valu<cursor>e", "e", SILENT),
        ("x = <cursor>e", "some", ""),
        ("import x from '../layouts/<cursor>.astro';", "other.astro", "other"),
        ("import x from '../layouts/<cursor>.astro';", "other.astro';", "other"),
        ("f(a, <cursor>, c)", "b,c)", "b"),
        ("x = <cursor>;", "1;", "1"),
        ("total(<cursor> * rate)", "price * rate) + 1", "price"),
        ("get<cursor>Name()", "First", SILENT),
        # The next line is written again.
        ("    <cursor>\n    return x\n", "x = 1\n    return x\n", "x = 1"),
        ("a\n<cursor>\n  next_line()", "next_line()", SILENT),
        ("    <cursor>\n    f(a, b);\n", "x();\n    f( a,b )", "x();"),
        ("    <cursor>\n    this.positions = other.positions\n", "this.positions = other.position;", SILENT),
        # A neighbour that only looks alike is another line.
        ("    <cursor>\n    this.y2 = other.y2;\n", "this.y1 = other.y1;", "this.y1 = other.y1;"),
        # An inner closing bracket is not the outer one below.
        ("    <cursor>\n}\n", "if (a) {\n        b();\n    }", "if (a) {\n        b();\n    }"),
        # Two lines on end that stand further down.
        ("  <cursor>\n  a();\n  b();\n  c();\n", "x();\n  b();\n  c();", "x();"),
    ],
)
def test_what_stands_behind_the_cursor_is_not_written_again(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        # The line above, or the line so far, is written again.
        ("x = f(1)\n<cursor>", "x = f(1)", SILENT),
        ("x = f(1);\n\n<cursor>", "x = f( 1 )", SILENT),
        ("Hello wor<cursor>", "Hello world", "ld"),
        ("    foo.<cursor>", "    foo.bar()", "bar()"),
        # The lines above are copied.
        (
            "  open(file);\n  read(file);\n  close(file);\n  <cursor>",
            "log(file);\n  open(file);\n  read(file);\n  close(file);",
            "log(file);",
        ),
        # Round in circles: lines, groups of lines, words.
        ("<cursor>", "a()\na()\na()\na()\n", "a()"),
        ("<cursor>", "a()\nb()\na()\nb()\na()\nb()\n", "a()\nb()"),
        ("x = <cursor>", "one and one and one and one and one", "one and"),
        ("x = [<cursor>]", "0, 0, 0, 0, 0, 0, 0", "0, 0, 0, 0, 0, 0, 0"),
    ],
)
def test_repetition(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        ("x = <cursor>", "1   ", "1"),
        ("x = <cursor>", "y <|assistant|> z", "y"),
        ("x = <cursor>", "y<fim_suffix>z", "y"),
        ("x = <cursor>", "caf\ufffd", "caf"),
        ("x = <cursor>", "// ", SILENT),
        ("<cursor>\nx = 1", "```js\nvar y = 2\n```\nThis declares y.", "var y = 2"),
        ("y = 2\n<cursor>", "// TODO\n// write more", SILENT),
        ("// first\n<cursor>", "// second", "// second"),
        ("y = 2\n<cursor>", "// sum\nz = y + y", "// sum\nz = y + y"),
    ],
)
def test_what_is_no_code(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        # Tabs where the file has tabs, whatever the model says.
        ("if (a) {\n\tb();\n\t<cursor>\n}", "if (c) {\n        d();\n    }", "if (c) {\n\t\td();\n\t}"),
        ("function f() {\n\ta();\n}\n\n<cursor>", "function g() {\n    b();\n}", "function g() {\n\tb();\n}"),
        # Spaces where the file has spaces.
        ("if (a) {\n    b();\n    <cursor>\n}", "if (c) {\n\t\td();\n\t}", "if (c) {\n        d();\n    }"),
        # Nor are the model's own tabs taken for something else.
        ("if (a) {\n\t<cursor>\n}", "if (b) {\n\t\t\tc();\n\t}", "if (b) {\n\t\t\tc();\n\t}"),
        # Two, three and four wide.
        ("if (a) {\n  b();\n  <cursor>\n}", "if (c) {\n      d();\n  }", "if (c) {\n    d();\n  }"),
        ("if (a) {\n   b();\n   <cursor>\n}", "if (c) {\n       d();\n   }", "if (c) {\n      d();\n   }"),
        ("if (a) {\n    b();\n    <cursor>\n}", "if (c) {\n      d();\n    }", "if (c) {\n        d();\n    }"),
        # A first line that indents itself once more, or by an odd blank.
        ("if (a) {\n    <cursor>\n}", "    b();\n    c();", "b();\n    c();"),
        ("if (a) {\n\t<cursor>\n}", " b();", "b();"),
        # An aligned continuation stays aligned.
        ("  x = 1;\n  <cursor>", "f(a,\n    b);", "f(a,\n    b);"),
        # The text of a string is not indented again.
        ("  a();\n  s = `<cursor>`", "x\n     y", "x\n     y"),
    ],
)
def test_indentation(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        ("def f():\n    <cursor>", "a()\nb()", "a()"),
        ("def f():<cursor>\n", "\n    a()\n\ndef g():\n    b()", "\n    a()"),
        ("if a:<cursor>\n", "\n    b()\nelse:\n    c()\nd()", "\n    b()\nelse:\n    c()"),
        ("class A:\n    def f(self):<cursor>\n", "\n        a()\n    x = 1", "\n        a()"),
    ],
)
def test_a_block_ends_where_the_indentation_does(source: str, says: str, shows: str) -> None:
    assert shown(source, says, "python") == shows


def test_line_mode_is_one_line() -> None:
    assert shown("x = <cursor>", "1\ny = 2", mode=Mode.LINE) == "1"


def test_a_bracket_that_stands_further_down_than_is_looked_is_not_closed_here() -> None:
    far = "  step();\n" * 500
    assert shown("function f() {\n  <cursor>\n" + far + "}\n", "a(); }") == "a();"
    assert shown("function f() {\n  a(<cursor>\n" + far + "}\n", "b);") == "b);"


def test_the_end_of_a_comment_that_is_none_is_not_taken_for_a_bracket() -> None:
    assert shown("a();\n" * 800 + "<cursor>\n*/\n}\n", "b(c)") == "b(c)"


BALANCED = st.recursive(
    st.sampled_from(["a", "a.b", "", "'('", '"]"', "/* ) */"]),
    lambda inner: st.builds("({}){}".format, inner, inner) | st.builds("a[{}]{}".format, inner, inner),
    max_leaves=6,
)


@given(BALANCED, st.sampled_from(["f(<cursor>)", "x = {<cursor>}", "<cursor>", "y = [a, <cursor>];"]))
def test_what_is_balanced_itself_stays(text: str, source: str) -> None:
    assert place(source).balance.keeps(text)


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("class A:\n  def f():<cursor>\n", "\n    ", ""),
        ("\tfoo()<cursor>\n", "\n\t", ""),
        ("    if (x) {\n        y();\n    }\n    while (z) {<cursor>}\n", "\n        ", "\n    "),
        ("  call({<cursor>});\nif (x)\n  y", "\n    ", "\n  "),
        ("x = 1<cursor>", "\n", ""),
        ("x = <cursor>1", "", ""),
        ("    <cursor>\n", "", ""),
    ],
)
def test_enter_indents_as_the_file_does(source: str, before: str, after: str) -> None:
    assert simulate_enter(place(source, "python")) == (before, after)


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        # The rest of a word, or of a line, is not written twice; another word that begins so is.
        ("import <cursor>\n", "importlib", "importlib"),
        ("    return <cursor>\n", "return_code", "return_code"),
        ("  long <cursor>\n", "long count = 0;", "long count = 0;"),
        ("    0.25, <cursor>\n", "0.25, 0.5,", "0.25, 0.5,"),
        ("total = pri<cursor>\n", "total = price * 2", "ce * 2"),
        ("total = <cursor>\n", "total = price * 2", "price * 2"),
        # Words stay apart.
        ("if <cursor>x:\n", "not ", "not "),
        ("for <cursor>item in items:\n", "index, ", "index, "),
        ("f(<cursor>)\n", "a, b ", "a, b"),
        ("if <cursor>x:\n", "not", ""),
    ],
)
def test_words_are_neither_cut_nor_joined(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("class Cart:\n    rate = 1\n\n<cursor>\n\n    def b(self):\n", "    def a(self):\n        return 1"),
        ("class Cart {\n  b() {\n    return 2;\n  }\n<cursor>\n}\n", "  a() {\n    return 1;\n  }"),
        ("func f() {\n\tx := 1\n<cursor>\n\tg(x)\n}\n", "\tif x > 0 {\n\t\tx = 2\n\t}"),
        ("/**\n * One.\n<cursor>\n */\nint f();\n", " * Two.\n * Three."),
        ("f(one,\n  two)\n\ncall(alpha,\n<cursor>\n", "     beta)"),
        ("if a:\n    x = 1\n  <cursor>\n", "  y = 2"),
        # The first line completes the indentation before the cursor.
        ("def f(a):\n    if a:\n      <cursor>\n", "  if b:\n            return 1"),
        ("class A {\n  int a() {\n    return 1;\n  }\n<cursor>\n};\n", "\n private:\n  int b();"),
    ],
)
def test_a_text_that_indents_itself_keeps_its_steps(source: str, says: str) -> None:
    assert shown(source, says) == says


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        (
            "class A:\n\tx = 1\n\n\tdef f(self):\n\t\t<cursor>\n",
            "if self.x:\n            return 1\n        return 2",
            "if self.x:\n\t\t\treturn 1\n\t\treturn 2",
        ),
        ("func f() {\n\tfor {\n\t\t<cursor>\n\t}\n}\n", "if x {\n      g()\n    }", "if x {\n\t\t\tg()\n\t\t}"),
        (
            "func f() {\n\tfor {\n\t\t<cursor>\n\t}\n}\n",
            "if x {\n            g()\n        }",
            "if x {\n\t\t\tg()\n\t\t}",
        ),
    ],
)
def test_spaces_become_tabs_of_the_right_depth(source: str, says: str, shows: str) -> None:
    assert shown(source, says) == shows


@pytest.mark.parametrize("says", ["```python\nimport json\n```", "\n```python\nimport json\n```"])
def test_a_fenced_answer_goes_below_a_comment(says: str) -> None:
    assert shown("# load the settings<cursor>\n", says, "python") == "\nimport json"


@pytest.mark.parametrize("lines", [5, 30, 36, 45, 70])
def test_a_call_below_a_long_docstring_is_closed_once(lines: int) -> None:
    told = "What this is about is told here at some length.\n" * lines
    source = f'def f(a):\n    """{told}    """\n' + "    # a\n" * 20 + "    return call(a,<cursor> b)\n"
    assert shown(source, " c, d)", "python") == " c, d"
