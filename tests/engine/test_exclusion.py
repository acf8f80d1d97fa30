"""What may be read for context, and what is masked in it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.context import exclusion, listing
from engine.context.exclusion import why_not_file, why_not_text
from engine.context.glob import matching_glob
from engine.context.listing import list_files, read_source
from engine.context.secrets import MASK, holds_secret, masked
from tests.engine.context_files import write


@pytest.fixture(autouse=True)
def _fresh_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no config"))
    monkeypatch.setenv("HOME", str(tmp_path / "no home"))
    exclusion.forget()


def listed(root: Path, *excluded: str) -> list[str]:
    return sorted(path for path, _ in list_files(root.resolve(), excluded))


def test_ignore_files_are_respected_and_may_be_overruled_below(tmp_path: Path) -> None:
    write(tmp_path, _dot_gitignore="*.gen.py\n", sub__a_dot_gen_dot_py="x", sub__keep_dot_gen_dot_py="x")
    write(
        tmp_path, sub___dot_codegeexignore="private.py\n!keep.gen.py\n", sub__private_dot_py="x", sub__plain_dot_py="x"
    )
    reasons = {file.name: why_not_file(file, tmp_path) for file in (tmp_path / "sub").glob("*.py")}
    assert reasons["a.gen.py"] == "ignored by .gitignore"
    assert reasons["private.py"] == "ignored by sub/.codegeexignore"
    assert reasons["keep.gen.py"] == reasons["plain.py"] == ""
    assert listed(tmp_path) == ["sub/keep.gen.py", "sub/plain.py"]


@pytest.mark.parametrize("line", ["!", "\\\\", "[z-a].py", "a\\\\"])
def test_an_odd_line_in_an_ignore_file_is_passed_over(tmp_path: Path, line: str) -> None:
    write(tmp_path, _dot_gitignore=f"{line}\nprivate.py\n", private_dot_py="x = 1\n", plain_dot_py="x = 1\n")
    assert listed(tmp_path) == ["plain.py"]


def test_rules_of_the_repository_count_below_it_as_git_reads_them(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("mine.py\n")
    (tmp_path / ".gitignore").write_text("\ufeffbuild/\n*.gen.py\n", encoding="utf-8")
    package = tmp_path / "package"
    write(
        package,
        build___dot_gitignore="!*.py\n",
        mine_dot_py="x",
        a_dot_gen_dot_py="x",
        build__b_dot_py="x",
        plain_dot_py="x",
    )
    assert listed(package) == ["plain.py"]
    assert why_not_file(package / "build" / "b.py", package) == "ignored by .gitignore"


def test_a_workspace_folder_that_its_repository_ignores_has_no_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, _dot_gitignore="scratch/\n", scratch__a_dot_py="x = 1\n")
    assert why_not_file(tmp_path / "scratch" / "a.py", tmp_path / "scratch") == "ignored by .gitignore"


def test_the_users_own_ignore_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, config__git__ignore="*.mine.py\n", work__a_dot_mine_dot_py="x", work__b_dot_py="x")
    (tmp_path / "work" / ".git").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    exclusion.forget()
    assert listed(tmp_path / "work") == ["b.py"]


@pytest.mark.parametrize(
    "pattern",
    [
        "**/drafts",
        "drafts/*",
        "**/*.tmp.py",
        "drafts/x.tmp.py",
        "**/{drafts,x}/**",
        "d?afts",
        "draft[a-z]",
        "**/[!p]*.py",
    ],
)
def test_patterns_of_the_editor_exclude(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, drafts__x_dot_tmp_dot_py="x = 1\n", plain_dot_py="x = 1\n")
    assert listed(tmp_path, pattern) == ["plain.py"]
    assert pattern in why_not_file(tmp_path / "drafts" / "x.tmp.py", tmp_path, (pattern,))


@pytest.mark.parametrize(
    "pattern", ["*.py", "drafts", "**/x", "{plain", "[z-a].py", "(", "plain.py,x", "a/**/plain.py"]
)
def test_patterns_that_do_not_name_a_file_leave_it(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, b__plain_dot_py="x = 1\n")
    assert listed(tmp_path, pattern) == ["b/plain.py"]


def test_the_pattern_that_excludes_is_named(tmp_path: Path) -> None:
    write(tmp_path, b__plain_dot_py="x = 1\n")
    reason = why_not_file(tmp_path / "b" / "plain.py", tmp_path, ("a", "{b,c}/*.py", "b"))
    assert reason == "excluded by the pattern b", "the folder's own verdict comes first"
    assert (
        why_not_file(tmp_path / "b" / "plain.py", tmp_path, ("a", "{b,c}/*.py")) == "excluded by the pattern {b,c}/*.py"
    )


@pytest.mark.parametrize(
    "path",
    ["node_modules/x.js", ".git/hooks/x.py", "vendor/x.go", "a/third_party/x.c", "x.min.js", "x_pb2.py", "x.pb.go"],
)
def test_vendored_and_generated_files_are_known_by_their_paths(tmp_path: Path, path: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x = 1\n")
    assert why_not_file(file, tmp_path)
    assert listed(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("// Code generated by protoc. DO NOT EDIT.\n", "generated"),
        ("a\0b", "binary"),
        ("v = '" + "x" * 3_000 + "'", "minified"),
        ("-----BEGIN RSA PRIVATE KEY-----", "secret"),
        ("# how a generator works\n", ""),
    ],
)
def test_what_a_text_itself_says(text: str, reason: str) -> None:
    assert reason in why_not_text(text)
    assert bool(why_not_text(text)) == bool(reason)


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00bad", b"a\0b = 1", b"x" * 1_200_000])
def test_files_that_are_no_code_are_passed_over(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "b.py").write_bytes(raw)
    assert read_source(tmp_path.resolve(), "b.py") is None


def test_folders_that_lie_too_deep_are_passed_over(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 400)
    deep.mkdir(parents=True)
    (deep / "a.py").write_text("x = 1\n")
    assert listed(tmp_path) == []
    assert "folders deep" in why_not_file(deep / "a.py", tmp_path)


def test_a_file_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.py").open("wb") as file:
        file.truncate(1_000_000_000)  # no block of it is written
    assert "larger than" in why_not_file(tmp_path / "a.py", tmp_path)
    assert listed(tmp_path) == []
    assert read_source(tmp_path.resolve(), "a.py") is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "shift-jis", "utf-7"])
def test_other_encodings_give_readable_text_or_none(tmp_path: Path, encoding: str) -> None:
    text = "name = 'café'\n" if encoding == "latin-1" else "name = '日本'\n"
    (tmp_path / "a.py").write_bytes(text.encode(encoding))
    source = read_source(tmp_path.resolve(), "a.py")
    assert source is None or source.text.isprintable() or source.text.isascii()


def test_folders_that_link_to_those_around_them_are_entered_once(tmp_path: Path) -> None:
    write(tmp_path, a__b__c_dot_py="x = 1\n")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "round").symlink_to("round")
    assert listed(tmp_path) == ["a/b/c.py"]


def test_links_out_of_the_workspace_and_in_circles_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, outside__b_dot_py="x = 1\n", inside__plain_dot_py="x = 1\n")
    (tmp_path / "inside" / "b.py").symlink_to(tmp_path / "outside" / "b.py")
    (tmp_path / "inside" / "loop.py").symlink_to(tmp_path / "inside" / "loop.py")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path / "outside")
    assert "outside the workspace" in why_not_file(tmp_path / "inside" / "b.py", tmp_path / "inside")
    assert listed(tmp_path / "inside") == ["plain.py"]


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "server.pem", "id_rsa", "secrets.yaml", "terraform.tfvars", "prod.env", ".envrc"]
)
def test_files_whose_name_says_secret_are_excluded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert "secrets" in why_not_file(tmp_path / name, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "key = 'AKIA" + "A" * 16 + "'",
        "github_pat_" + "1a" * 20,
        "stripe = sk_live_" + "a1" * 12,
        "url = 'postgres://admin:hunter22@db.example/x'",
        "DB_PASSWORD = 'correct4horse'",
        '{"apiKey": "abcdef123456"}',
        "token = 'ghp_" + "a" * 36 + "'",
        "jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9m'",
        "key = 'q7Zp3vX9LwT2sRk8YbN4mGd6HfJcVx1e'",
    ],
)
def test_a_secret_is_masked_and_the_code_around_it_stays(text: str) -> None:
    assert holds_secret(text)
    assert MASK in masked(f"before = 1\n{text}\nafter = 2\n")
    assert masked(f"before = 1\n{text}\nafter = 2\n").startswith("before = 1\n")
    assert masked(f"before = 1\n{text}\nafter = 2\n").endswith("\nafter = 2\n")


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
        "digest = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'",
        "name = 'a_long_name_of_a_module/with/Folders_in_it_2'",
    ],
)
def test_code_that_speaks_of_secrets_is_no_secret(text: str) -> None:
    assert masked(text) == text


def test_a_private_key_keeps_its_file_out(tmp_path: Path) -> None:
    write(tmp_path, a_dot_py="KEY = '''-----BEGIN PRIVATE KEY-----\nMIIE\n'''\n")
    assert read_source(tmp_path.resolve(), "a.py") is None


class Junction:
    """A directory entry of Windows: a junction is no symbolic link, and shows itself by its reparse tag."""

    def __init__(self, tag: int) -> None:
        self._tag = tag

    def is_symlink(self) -> bool:
        return False

    def is_dir(self) -> bool:
        return True

    def stat(self, **_: object) -> SimpleNamespace:
        return SimpleNamespace(st_reparse_tag=self._tag)


@pytest.mark.parametrize(("tag", "is_link"), [(0xA0000003, True), (0, False), (0x9000001A, False)])  # OneDrive's tag
def test_junctions_are_not_followed(tag: int, is_link: bool) -> None:
    assert listing._is_link(Junction(tag)) == is_link  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("glob", "path", "is_matched"),
    [
        ("**/" + "*a" * 30 + "b", "x/" + "a" * 200, False),
        ("**/" + "*a" * 30, "x/" + "a" * 200 + "/y.py", True),
        ("**/" * 40 + "{b,c}.py", "x/" * 90 + "c.py", True),
        ("**/*[!a]*{x,y}*{1,2}*.py", "p/bx-2-.py", True),
    ],
)
def test_globs_with_many_stars_take_bounded_time(glob: str, path: str, is_matched: bool) -> None:
    assert matching_glob(path, ("*.c", glob)) == (glob if is_matched else "")
