from __future__ import annotations

from pathlib import Path

import pytest

from engine.context.exclusion import why_not_file, why_not_text
from engine.context.neighbours import neighbours
from engine.context.similar import query_weights, similar_code
from engine.types import CompletionRequest, Document
from tests.scripted import at_cursor


def open_beside(request: CompletionRequest) -> list[tuple[Document, str]]:
    return [(document, "open in the editor") for document in request.others]


def test_code_that_shares_rare_words_comes_first() -> None:
    request = at_cursor(
        "bicycle = make_bicycle(<cursor>",
        far_dot_py="def unrelated(value):\n    return value\n",
        near_dot_py="def make_bicycle(frame, wheels):\n    return frame, wheels\n",
    )
    best = similar_code(request, open_beside(request))[0]
    assert best.path == "near.py"
    assert best.text.startswith("def make_bicycle(frame, wheels):")
    assert (best.start_line, best.reason) == (0, "similar code, open in the editor")


def test_words_near_the_cursor_weigh_most() -> None:
    weights = query_weights("alpha\n\n\n\nbravo\ncharlie ", 22)
    assert weights["charlie"] > weights["bravo"] > weights["alpha"]


def test_parts_of_names_count_half() -> None:
    weights = query_weights("parseHttpHeader", 15)
    assert weights["http"] == weights["parseHttpHeader"] / 2


def test_far_parts_of_the_file_itself_are_context() -> None:
    source = "def make_bicycle(frame):\n    return frame\n" + "x = 1\n" * 2_000 + "make_bicycle(<cursor>\n"
    assert similar_code(at_cursor(source), [])[0].reason == "similar code, elsewhere in this file"


def test_comments_and_blank_lines_are_not_quoted() -> None:
    request = at_cursor("paint(<cursor>", a_dot_py="# about paint\n\ndef paint(wheels):\n    return wheels\n")
    assert similar_code(request, open_beside(request))[0].text == "def paint(wheels):\n    return wheels"


def test_files_of_the_same_folder_and_language_are_neighbours(tmp_path: Path) -> None:
    for name in ("b.py", "c.py", "notes.txt", ".env"):
        (tmp_path / name).write_text(f"name = '{name}'\n")
    request = CompletionRequest(Document("a.py", "python", "x", tmp_path / "a.py", tmp_path), 1)
    assert sorted(document.path for document, _ in neighbours(request)) == ["b.py", "c.py"]


def test_without_a_workspace_folder_nothing_is_read_from_disk(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("x = 1\n")
    request = CompletionRequest(Document("a.py", "python", "x", tmp_path / "a.py"), 1)
    assert neighbours(request) == []


def test_an_open_document_wins_over_its_file(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("old = 1\n")
    other = Document("b.py", "python", "new = 1\n", tmp_path / "b.py", tmp_path)
    request = CompletionRequest(Document("a.py", "python", "x", tmp_path / "a.py", tmp_path), 1, (other,))
    assert [document.text for document, _ in neighbours(request)] == ["new = 1\n"]


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00bad", b"a\0b = 1", b"x" * 1_200_000, b"v = '" + b"x" * 3_000 + b"'"])
def test_files_that_are_no_code_are_passed_over(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "b.py").write_bytes(raw)
    request = CompletionRequest(Document("a.py", "python", "x", tmp_path / "a.py", tmp_path), 1)
    assert neighbours(request) == []


def test_ignore_files_are_respected_and_may_be_overruled_below(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".gitignore").write_text("*.gen.py\n")
    (tmp_path / "sub" / ".codegeexignore").write_text("private.py\n!keep.gen.py\n")
    for name in ("a.gen.py", "private.py", "keep.gen.py", "plain.py"):
        (tmp_path / "sub" / name).write_text("x = 1\n")
    reasons = {file.name: why_not_file(file, tmp_path) for file in (tmp_path / "sub").iterdir()}
    assert reasons["a.gen.py"] == "ignored by .gitignore"
    assert reasons["private.py"] == "ignored by sub/.codegeexignore"
    assert reasons["keep.gen.py"] == reasons["plain.py"] == ""


@pytest.mark.parametrize("line", ["!", "\\\\", "[z-a].py", "a\\\\"])
def test_an_odd_line_in_an_ignore_file_is_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / ".gitignore").write_text(f"{line}\nprivate.py\n")
    (tmp_path / "private.py").write_text("x = 1\n")
    (tmp_path / "plain.py").write_text("x = 1\n")
    assert why_not_file(tmp_path / "private.py", tmp_path) == "ignored by .gitignore"
    assert why_not_file(tmp_path / "plain.py", tmp_path) == ""


def test_rules_of_the_repository_count_below_it_as_git_reads_them(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("mine.py\n")
    (tmp_path / ".gitignore").write_text("\ufeffbuild/\n*.gen.py\n", encoding="utf-8")
    package = tmp_path / "package"
    (package / "build").mkdir(parents=True)
    (package / "build" / ".gitignore").write_text("!*.py\n")
    for name in ("mine.py", "a.gen.py", "build/b.py", "plain.py"):
        (package / name).write_text("x = 1\n")
    allowed = [
        name for name in ("mine.py", "a.gen.py", "build/b.py", "plain.py") if not why_not_file(package / name, package)
    ]
    assert allowed == ["plain.py"]


def test_a_document_that_is_open_falls_under_the_rules_of_its_file(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("local.py\n")
    unsaved = Document("local.py", "python", "x = 1", tmp_path / "local.py", tmp_path)
    environment = Document("prod/.env.local", "dotenv", "A=1")
    request = CompletionRequest(Document("Untitled-1", "python", "x"), 1, (unsaved, environment))
    assert neighbours(request) == []


def test_one_bad_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nothing.py")
    (tmp_path / "b.py").write_text("x = 1\n")
    request = CompletionRequest(Document("a.py", "python", "x", tmp_path / "a.py", tmp_path), 1)
    assert [document.path for document, _ in neighbours(request)] == ["b.py"]


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    here = Document("main.py", "python", "x", tmp_path / "one" / "main.py", tmp_path / "one")
    there = Document("main.py", "python", "y", tmp_path / "two" / "main.py", tmp_path / "two")
    assert [document for document, _ in neighbours(CompletionRequest(here, 1, (there,)))] == [there]


def test_what_is_remembered_of_the_edited_document_is_bounded() -> None:
    """A text is another one with each key: none of them may be kept whole."""
    from engine.context import similar

    similar._windows.cache_clear()
    text = "def make_bicycle(frame):\n    return frame\n" * 2_000
    for key in range(5):
        similar_code(at_cursor(text + "make_bicycle(" + "x" * key + "<cursor>"), [])
    assert similar._windows.cache_info().currsize == 0


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "b.py").write_text("x = 1\n")
    (inside / "b.py").symlink_to(outside / "b.py")
    assert "outside the workspace" in why_not_file(inside / "b.py", inside)


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "server.pem", "id_rsa", "secrets.yaml", "terraform.tfvars", "prod.env", ".envrc"]
)
def test_files_whose_name_says_secret_are_excluded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert "secrets" in why_not_file(tmp_path / name, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "key = 'AKIA" + "A" * 16 + "'",
        "github_pat_" + "1a" * 20,
        "stripe = sk_live_" + "a1" * 12,
        "url = 'postgres://admin:hunter22@db.example/x'",
        "DB_PASSWORD = 'correct4horse'",
        '{"apiKey": "abcdef123456"}',
        "token = 'ghp_" + "a" * 36 + "'",
        "jwt = 'eyJhbGciOiJI.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9m'".replace("I.", "IUzI1NiJ9."),
    ],
)
def test_text_with_a_secret_is_not_quoted(text: str) -> None:
    assert why_not_text(text) == "it holds what looks like a secret"


@pytest.mark.parametrize(
    "text",
    [
        "token = get_token(request)",
        "password: str = field()",
        "secret = ''",
        "risk_assessment_of_the_whole_project_sk = 1",
        "url = f'https://{user}:{password}@{host}/'",
        "api_key = os.environ['OPENAI_API_KEY']",
        "tokens = ['identifier', 'string_literal']",
        "see https://example.com:8080/path@version",
    ],
)
def test_code_that_speaks_of_secrets_is_no_secret(text: str) -> None:
    assert why_not_text(text) == ""


def test_an_open_document_with_a_secret_stays_out_of_the_prompt() -> None:
    request = at_cursor(
        "connect(api_token, <cursor>", settings_dot_py="api_token = 'ghp_" + "a" * 36 + "'\nconnect = 1\n"
    )
    assert neighbours(request) == []
