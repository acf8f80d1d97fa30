"""Golden cases of each source: a text, a change, and the text of a line that it leads to."""

from __future__ import annotations

import pytest

from engine.next_edit.values import Diagnostic
from engine.types import Eagerness
from tests.engine.next_edit.replay import Typist, applied

RENAMES = [
    (
        "main_py",
        "def f(amount):\n    total = amount * 2\n    return amount + total\n",
        "f(amount",
        "f(price",
        "price * 2",
    ),
    (
        "a_java",
        "class A {\n  int f() {\n    int n1 = g();\n    return n1 + 1;\n  }\n}\n",
        "int n1",
        "int count",
        "return count",
    ),
    (
        "p_cpp",
        "class Point {\npublic:\n    Point(double x);\n};\n",
        "class Point",
        "class Point3D",
        "    Point3D(double x);",
    ),
    (
        "m_ts",
        "const limit = 3;\nfor (let i = 0; i < limit; i++) {\n  go(i);\n}\n",
        "const limit",
        "const most",
        "i < most",
    ),
    ("l_go", "func f() int {\n\tcnt := 0\n\tcnt++\n\treturn cnt\n}\n", "cnt := 0", "count := 0", "count++"),
]


@pytest.mark.parametrize(("file", "text", "old", "new", "expected"), RENAMES)
def test_a_new_name_reaches_the_other_uses(file: str, text: str, old: str, new: str, expected: str) -> None:
    typist = Typist(**{file: text})
    typist.replaces(old, new)
    proposal = typist.asks(Eagerness.MANY).proposals[0]
    assert (proposal.kind, expected in applied(typist.files[proposal.path], proposal)) == ("rename", True)


REPETITIONS = [
    ("t_js", ["t.equal(a, 1)", "t.equal(b, 2)", "t.equal(c, 3)"], "t.equal", "t.assert.equal", "t.assert.equal(c, 3)"),
    (
        "m_c",
        ["if (a && x) f(1);", "if (b && x) f(2);", "if (c && x) f(3);"],
        " && x",
        " && x && y",
        "if (c && x && y) f(3);",
    ),
    (
        "m_cpp",
        ["int a = int(f(1));", "int b = int(f(2));", "int c = int(f(3));"],
        "int(f",
        "size_t(f",
        "int c = size_t(f(3));",
    ),
    (
        "m_py",
        ["    a: Foo = None", "    b: Foo = None", "    c: Foo = None"],
        ": Foo =",
        ": Foo | None =",
        "    c: Foo | None = None",
    ),
]


@pytest.mark.parametrize(("file", "lines", "old", "new", "expected"), REPETITIONS)
def test_a_change_made_twice_is_made_again(file: str, lines: list[str], old: str, new: str, expected: str) -> None:
    typist = Typist(**{file: "\n".join(lines) + "\n"})
    typist.replaces(old, new)
    changed = [lines[0].replace(old, new), lines[1].replace(old, new), lines[2]]
    typist.sets("\n".join(changed) + "\n")
    proposal = typist.asks().proposals[0]
    assert applied(typist.files[proposal.path], proposal).split("\n")[2] == expected


def test_a_wrapper_is_taken_off_whatever_it_holds() -> None:
    typist = Typist(m_cpp="log(fmt(loc, a));\nlog(fmt(loc, b));\nlog(fmt(loc, f(x, y), 3));\n")
    typist.sets("log(a);\nlog(fmt(loc, b));\nlog(fmt(loc, f(x, y), 3));\n")
    typist.sets("log(a);\nlog(b);\nlog(fmt(loc, f(x, y), 3));\n")
    assert ("log(f(x, y), 3);",) in [each.lines for each in typist.considered("repeat")]


def test_lines_are_added_beside_the_same_neighbours() -> None:
    typist = Typist(m_go="func TestA(t *testing.T) {\n\ta()\n}\n\nfunc TestB(t *testing.T) {\n\tb()\n}\n")
    typist.replaces("{\n\ta()", "{\n\tt.Parallel()\n\ta()")
    assert (5 + 1, ("\tt.Parallel()",)) in [(each.start, each.lines) for each in typist.considered("insert")]


IMPORTS = [
    (
        {"a_py": "import os\n\nx = 1\n", "b_py": "from shop.cart import Cart\n\nCart()\n"},
        ("x = 1", "x = Cart()"),
        "from shop.cart import Cart",
    ),
    (
        {"a_js": "const fs = require('fs')\n\nf()\n", "b_js": "const http = require('node:http')\nhttp.get()\n"},
        ("f()", "http.get()"),
        "const http = require('node:http')",
    ),
    (
        {
            "A_java": "import java.util.List;\n\nclass A { }\n",
            "B_java": "import java.util.Map;\n\nclass B { Map m; }\n",
        },
        ("{ }", "{ Map m; }"),
        "import java.util.Map;",
    ),
    ({"a_cpp": "#include <string>\n\nvoid f() { }\n"}, ("{ }", "{ std::vector<int> v; }"), "#include <vector>"),
    (
        {"a_ts": "import { A } from './x'\n\nf()\n", "b_ts": "import { Bee } from './x'\nBee()\n"},
        ("f()", "Bee()"),
        "import { A, Bee } from './x'",
    ),
]


@pytest.mark.parametrize(("files", "change", "expected"), IMPORTS)
def test_a_new_name_is_imported(files: dict[str, str], change: tuple[str, str], expected: str) -> None:
    typist = Typist(**files)
    typist.replaces(*change)
    assert expected in [line for each in typist.considered("import") for line in each.lines]


def test_an_import_that_nothing_uses_any_more_goes() -> None:
    typist = Typist(a_py="import os\nimport re\n\nprint(os.name)\nre.match('a', 'b')\n")
    typist.sets("import os\nimport re\n\nre.match('a', 'b')\n")
    assert [(each.start, each.end, each.lines) for each in typist.considered("unimport")] == [(0, 1, ())]


def test_a_definition_is_declared_and_a_declaration_defined() -> None:
    header = "class A {\npublic:\n    int low() const;\n};\n"
    source = "int A::low() const {\n    return 1;\n}\n"
    typist = Typist(a_h=header, a_cpp=source)
    typist.sets(source + "\nint A::high() const {\n}\n", "a.cpp")
    assert ("    int high() const;",) in [each.lines for each in typist.considered("declaration")]
    typist = Typist(a_h=header, a_cpp=source)
    typist.replaces("    int low() const;\n", "    int low() const;\n    int high() const;\n", "a.h")
    typist.sets(source + "\n", "a.cpp")
    assert ("int A::high() const",) in [each.lines for each in typist.considered("declaration")]


def test_a_parameter_that_went_goes_from_the_calls() -> None:
    typist = Typist(a_py="def pay(cart, tax, user):\n    pass\n\n\npay(c, 3, me)\n")
    typist.replaces("cart, tax, user", "cart, user")
    assert ("pay(c, me)",) in [each.lines for each in typist.considered("signature")]


def test_a_diagnostic_at_a_place_makes_it_more_probable() -> None:
    typist = Typist(a_py="def f(amount):\n    return amount\n\n\ndef g(amount):\n    return amount\n")
    typist.replaces("amount", "price")
    plain = typist.asks().considered[0][1]
    told = typist.asks(Eagerness.BALANCED, Diagnostic("a.py", 1, '"amount" is not defined'))
    assert told.considered[0][1] > plain
