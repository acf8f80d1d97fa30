"""Golden cases by language: peculiarities that users of other tools complain of, in their words."""

from __future__ import annotations

import pytest

from engine.postprocess.lexer import open_at_end
from tests.engine.golden import SILENT, place, shown

COMPLAINTS = [
    # "It closes the docstring although my editor has closed it already."
    ("python", 'def f():\n    """<cursor>"""\n', 'Return the sum."""', "Return the sum."),
    ("python", 'def f():\n    """<cursor>\n', 'Return the sum."""', 'Return the sum."""'),
    # "An apostrophe in a docstring, and everything after it is taken for a string."
    ("python", 'def f():\n    """It isn\'t done."""\n    g(<cursor>)\n', "x)", "x"),
    # "Accepting gives me an unexpected indent."
    ("python", "def f():\n    <cursor>\n", "    return 1", "return 1"),
    ("python", "class A:\n  def f(self):\n    <cursor>\n", "if a:\n        b()", "if a:\n      b()"),
    # "It goes on with the next function when I only want this one's body."
    (
        "python",
        "def f():<cursor>\n\n\ndef h():\n    pass\n",
        "\n    return 1\n\n\ndef g():\n    return 2",
        "\n    return 1",
    ),
    # "The else branch comes a second time although it stands below."
    ("python", "    if a:\n        <cursor>\n    else:\n        c()\n", "b()\n    else:\n        c()", "b()"),
    ("python", "d = {'<cursor>'}", "key': 1}", "key"),
    ("python", "print(f'{<cursor>}')", "x}')", "x"),
    # "The closing tag comes twice."
    ("javascriptreact", "return <b><cursor></b>;", "{name}</b>;", "{name}"),
    ("javascriptreact", "  <ul>\n    <cursor>\n  </ul>\n", "<li>{x}</li>\n  </ul>", "<li>{x}</li>"),
    ("typescriptreact", "<Box><cursor></Box>", '<Text a="b" /></Box>', '<Text a="b" />'),
    ("typescriptreact", "<Box onClick={() => <cursor>}>", "go()}>", "go()"),
    ("html", "<p><cursor></p>", "it's</p>", "it's"),
    ("html", "<div>\n  <cursor>\n</div>\n", "<br>\n  <p>a</p>\n</div>", "<br>\n  <p>a</p>"),
    ("html", '<a href="<cursor>">', 'x.html">', "x.html"),
    ("vue", "<template>\n  <p><cursor></p>\n</template>\n", "{{ name }}</p>", "{{ name }}"),
    ("vue", "<script>\nexport default {\n  <cursor>\n}\n</script>\n", "name: 'a',\n}", "name: 'a',"),
    ("svelte", "{#if a}\n  <cursor>\n{/if}\n", "<p>b</p>\n{/if}", "<p>b</p>"),
    # "In template strings it loses count of the braces."
    ("javascript", "s = `a ${<cursor>} b`;", "x} b`;", "x"),
    ("javascript", "x = s.replace(<cursor>)", "/[(\"']/g, '')", "/[(\"']/g, ''"),
    ("typescript", "const f = async (<cursor>) => {\n};\n", "a: number) => {", "a: number"),
    # "A lifetime is not a quote."
    ("rust", "fn f<'a>(x: &'a str<cursor>) {\n}\n", ", y: &'a str) {", ", y: &'a str"),
    ("rust", "let c = match x {\n    <cursor>\n};\n", "'(' => 1,\n    ')' => 2,\n};", "'(' => 1,\n    ')' => 2,"),
    ("rust", "println!(<cursor>);", '"{}", x);', '"{}", x'),
    # "Spaces instead of tabs in every suggestion, and gofmt complains."
    ("go", "func f() {\n\ta()\n\t<cursor>\n}\n", "if b {\n        c()\n    }", "if b {\n\t\tc()\n\t}"),
    ("go", "func f() {<cursor>\n}\n", "\n    return 1\n}", "\n\treturn 1"),
    ("go", "x := `<cursor>`", "a\\`", "a\\"),
    # "The recipe must begin with a tab."
    ("makefile", "all:<cursor>\n", "\n    gcc a.c", "\n\tgcc a.c"),
    ("makefile", "all:\n\t<cursor>\n", "$(CC) $(", "$(CC) $"),
    # "#endif is there already."
    ("c", "#ifdef A\n<cursor>\n#endif\n", "#define B 1\n#endif", "#define B 1"),
    ("c", "#include <<cursor>>\n", "stdio.h>", "stdio.h"),
    ("c", "struct s {\n    int a;\n    <cursor>\n};\n", "int b;\n};", "int b;"),
    ("cpp", "std::vector<<cursor>> v;", "int> v;", "int"),
    ("cpp", "int big = 1'000;\nf(<cursor>)", "a)", "a"),
    (
        "java",
        "    @Override<cursor>\n",
        "\n    public int f() {\n        return 1;\n    }\n}",
        "\n    public int f() {\n        return 1;\n    }",
    ),
    ("csharp", 'var s = $"{<cursor>}";', 'x}";', "x"),
    # "`end` twice, always."
    ("ruby", "def f\n  <cursor>\nend\n", "a\nend", "a"),
    ("ruby", "xs.each do |x|\n  <cursor>\nend\n", "puts x\nend", "puts x"),
    ("ruby", "xs.each do |x|\n  <cursor>\nend\n", "if x\n    y\n  end\nend", "if x\n    y\n  end"),
    ("lua", "function f()\n  <cursor>\nend\n", "return 1\nend", "return 1"),
    ("lua", "on(function()\n  <cursor>\nend)\n", "a()\nend)", "a()"),
    ("elixir", "def f do\n  <cursor>\nend\n", ":ok\nend", ":ok"),
    ("shellscript", "if a; then\n  <cursor>\nfi\n", "b\nfi", "b"),
    ("shellscript", "echo $#; f=$(<cursor>)", "ls)", "ls"),
    # "The key lands one level too deep, and the file no longer parses."
    ("yaml", "a:\n  b: 1\n  <cursor>\n", "  c: 2", "c: 2"),
    ("yaml", "on:\n  push:\n    <cursor>\n  pull:\n", "branches: [main]\n  pull:", "branches: [main]"),
    ("json", '{\n  "a": <cursor>\n}\n', "1\n}", "1"),
    ("json", '{"a": [<cursor>]}', "1, 2]}", "1, 2"),
    ("css", "a {\n  <cursor>\n}\n", "color: red;\n}", "color: red;"),
    ("sql", "SELECT f(<cursor>) FROM t", "a) FROM t", "a"),
    # In prose an apostrophe is no quote, and a fence is wanted.
    ("markdown", "It's <cursor>\n", "a (small) thing", "a (small) thing"),
    ("markdown", "Run:\n\n<cursor>\n", "```sh\nmake\n```", "```sh\nmake\n```"),
    ("clojure", "(f '(a b) <cursor>)", "c)", "c"),
    ("haskell", "f x' = g (<cursor>)", "x')", "x'"),
    ("latex", "\\frac{<cursor>}{2}", "a}{2}", "a"),
    # A language nobody knows is served with plain syntax.
    ("zork", "go(<cursor>)", "north)", "north"),
]


@pytest.mark.parametrize(("language", "source", "says", "shows"), COMPLAINTS)
def test_peculiarities(language: str, source: str, says: str, shows: str) -> None:
    assert shown(source, says, language) == shows


@pytest.mark.parametrize(
    ("language", "before", "is_open"),
    [
        ("python", "f('(', [", ("(", "[")),
        ("python", "f('''a (", ("(", "'''")),
        ("python", "x = 1  # (", ("#",)),
        ("python", 'x = "" + f(', ("(",)),
        ("javascript", "f(`a ${ g(`", ("(", "`", "${", "(", "`")),
        ("javascript", "a = b / c; d = /[(]/; f(", ("(",)),
        ("rust", "fn f<'a>(c: '(') {", ("{",)),
        ("go", "x := `\\`; f(", ("(",)),
        ("c", "f( /* ) */ '\"', ", ("(",)),
        ("shellscript", 'echo $# "$(a', ('"',)),
        ("html", "<!-- ( --> it's {", ("{",)),
        ("lua", "-- don't (\nf(", ("(",)),
        ("javascript", "if (a { b(); }\nf(", ("(", "(")),
    ],
)
def test_what_is_open(language: str, before: str, is_open: tuple[str, ...]) -> None:
    assert open_at_end(before, place("<cursor>", language).cursor.language)[0] == is_open


def test_the_state_of_a_window_is_told_by_what_stands_before_it() -> None:
    python = place("<cursor>", "python").cursor.language
    assert open_at_end('"""' + "text (\n" * 900 + '"""\nf(', python)[0] == ("(",)
    assert open_at_end("/*" + "text (\n" * 900, place("<cursor>", "c").cursor.language)[0] == ("/*",)


def test_a_file_of_nothing_but_silence() -> None:
    assert shown("<cursor>", "   \n\n") == SILENT
