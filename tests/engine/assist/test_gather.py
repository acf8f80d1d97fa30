"""What is found in a workspace folder for a question."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.assist.gather import Gathered, gather
from engine.assist.places import question_terms
from engine.assist.tasks import AssistRequest, AssistTask
from engine.context.exclusion import forget
from engine.context.workspace import WorkspaceIndex
from engine.document import Document

FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n\n    def empty(self):\n        ...\n",
    "shop/parse.go": "package shop\n\nfunc ParseHeader(line string) string {\n\treturn line\n}\n",
    "web/index.ts": "export function renderPage(title: string) {\n  return title;\n}\n",
    "shop/tax.py": 'def apply(price):\n    """根据税率计算含税价格。"""\n    return price\n',
    "shop/load.go": "package shop\n\n// 读取配置文件并返回结果\nfunc Load(path string) string {\n\treturn path\n}\n",
    "secret.py": "def parse_header_secretly():\n    pass\n",
    ".gitignore": "secret.py\n",
}


@pytest.fixture
def index(tmp_path: Path) -> WorkspaceIndex:
    """Not started: what is edited is all it knows."""
    forget()
    found = WorkspaceIndex(tmp_path, folder=tmp_path / "none")
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        if path.endswith((".py", ".go", ".ts")):
            found.edited(path, "", text)
    return found


def asked(index: WorkspaceIndex, question: str, task: AssistTask = AssistTask.ASK) -> Gathered:
    here = Document("main.py", "python", "x = 1\n", index.root / "main.py", index.root)
    return gather(AssistRequest(task, question=question, document=here), {index.root: index})


@pytest.mark.parametrize(
    ("question", "path", "symbol"),
    [
        ("Where are headers parsed?", "shop/parse.go", "ParseHeader"),
        ("How is the page rendered?", "web/index.ts", "renderPage"),
        ("What is in a Cart?", "shop/cart.py", "Cart"),
        ("renderPage 在哪里？", "web/index.ts", "renderPage"),
        ("请解释total方法", "shop/cart.py", "total"),
        ("税率在哪里使用？", "shop/tax.py", "apply"),
        ("含税的价格是怎么计算出来的", "shop/tax.py", "apply"),
        ("配置文件是在哪里读取的？", "shop/load.go", ""),
    ],
)
def test_a_question_in_words_finds_its_place_in_any_language(
    index: WorkspaceIndex, question: str, path: str, symbol: str
) -> None:
    best = asked(index, question).places[0]
    assert (best.path, best.symbol, best.file) == (path, symbol, index.root / path)


def test_what_is_ignored_is_never_found_or_read(index: WorkspaceIndex) -> None:
    gathered = asked(index, "Where are headers parsed secretly? #file:secret.py")
    assert "secret.py" not in {reference.path for reference in (*gathered.references, *gathered.places)}
    assert gathered.notices == ("Not found in the workspace: secret.py.",)


def test_a_file_that_is_not_open_is_read_from_the_disk(index: WorkspaceIndex) -> None:
    (index.root / "notes.py").write_text("password = 'hunter22secret'\n")
    first, *_ = asked(index, "What is in #file:notes.py?").references
    assert (first.path, first.may_be_cut, first.reason) == ("notes.py", True, "mentioned")
    assert "hunter22" not in first.text


@pytest.mark.parametrize("mention", ["../outside.py", "/etc/passwd", "shop/../../outside.py"])
def test_nothing_outside_the_folder_is_read(index: WorkspaceIndex, mention: str) -> None:
    (index.root.parent / "outside.py").write_text("x = 1\n")
    gathered = asked(index, f"#file:{mention}")
    assert {reference.path for reference in gathered.references} <= {"main.py", *FILES}
    assert gathered.notices == (f"Not found in the workspace: {mention}.",)


@pytest.mark.parametrize("path", ["README.md", "pyproject.toml", ".github/make.py", ".hidden.py"])
def test_what_is_mentioned_need_not_be_code_nor_be_listed(index: WorkspaceIndex, path: str) -> None:
    (index.root / path).parent.mkdir(exist_ok=True)
    (index.root / path).write_text("x = 1\n")
    for mention in (path, f"./{path}", f"/{path}"):
        gathered = asked(index, f"What is in #file:{mention}?")
        assert (gathered.references[0].path, gathered.notices) == (path, ())


def test_a_link_to_a_file_of_secrets_and_a_pipe_are_not_read(index: WorkspaceIndex) -> None:
    (index.root / ".env").write_text("KEY=1\n")
    (index.root / "link.py").symlink_to(".env")
    os.mkfifo(index.root / "pipe.py")
    gathered = asked(index, "#file:link.py #file:pipe.py #file:.env")
    assert [reference.path for reference in gathered.references] == ["main.py"]
    assert len(gathered.notices) == 3


def test_an_open_file_that_the_settings_exclude_is_not_shown(tmp_path: Path) -> None:
    index = WorkspaceIndex(tmp_path, ("private/**",), folder=tmp_path / "none")
    private = Document("private/a.py", "python", "x = 1\n", tmp_path / "private" / "a.py", tmp_path)
    for request in (
        AssistRequest(AssistTask.ASK, question="#file:private/a.py", others=(private,)),
        AssistRequest(AssistTask.ASK, question="What is x?", document=private),
    ):
        assert gather(request, {tmp_path: index}).references == ()


def test_a_selection_that_begins_with_blank_lines_is_linked_where_its_text_is() -> None:
    here = Document("main.py", "python", "x = 1\r\n\r\n\r\ny = 2\r\n")
    request = AssistRequest(AssistTask.ASK, question="Why?", document=here, selection=(5, len(here.text)))
    selected = gather(request, {}).references[0]
    assert (selected.text, selected.start_line, selected.end_line) == ("y = 2", 3, 4)


def test_a_members_declaration_is_found_by_its_name(index: WorkspaceIndex) -> None:
    first, *_ = asked(index, "Is #symbol:Cart.total right?").references
    assert (first.path, first.symbol, first.start_line, first.end_line) == ("shop/cart.py", "total", 1, 3)


def test_the_workspace_comes_before_what_happens_to_be_open(index: WorkspaceIndex) -> None:
    plain = asked(index, "Where are headers parsed?").references
    wide = asked(index, "Where are headers parsed? @workspace").references
    assert (plain[0].path, wide[0].path) == ("main.py", "shop/parse.go")


def test_tasks_that_need_nothing_else_search_nothing(index: WorkspaceIndex) -> None:
    assert asked(index, "headers", AssistTask.COMMENT) == Gathered()


def test_code_that_is_asked_about_is_no_reference_to_itself(index: WorkspaceIndex) -> None:
    cart = Document("shop/cart.py", "python", FILES["shop/cart.py"], index.root / "shop/cart.py", index.root)
    request = AssistRequest(AssistTask.FIX, question="Cart has no total, see ParseHeader", document=cart)
    assert {reference.path for reference in gather(request, {index.root: index}).references} == {"shop/parse.go"}


def test_words_that_say_little_weigh_nothing() -> None:
    assert question_terms("Where is the code for this?") == {}
    assert question_terms("parse_header") == {"parse_header": 2.0, "parse": 1.0, "header": 1.0}
