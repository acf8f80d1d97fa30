"""What tokenizers are tried on: texts that are hard to keep, the projects at hand, and what a daemon does with ids."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from engine.model.tokenizer import FolderTokenizer

REPOSITORY = Path(__file__).parents[3]
DATA = REPOSITORY.parent / "shared" / "data"
HALF_A_CHARACTER = "\ufffd"

TEXTS = (
    "",
    " ",
    "x",
    "    return width * height\n",
    "def f(a):\r\n\treturn a[1:]\t# 面积，宽乘以高\r\n",
    "\n\n\n  \n\t\n",
    " " * 10 + "a" + " " * 11 + "b" + " " * 29 + "\n" + " " * 61,
    "\t" * 7 + " \t \t  x",
    "ababababab aaaaaaaaa ------------- ============",
    "你好，世界！这是一个函数。「引号」　全角空格",
    "👩‍👩‍👧‍👦 👍🏽 🇨🇳 e\u0301 naïve Ω≈ç√ Привет שלום ไทย",
    "\x00\x01\x1b\x7f\x85\u00a0\u200b\u2028\ufeff",
    "<|endoftext|> <|user|> [gMASK] <s> </s> <0x41> sop <|extratoken_12|> <|code_middle|>",
    "it's I'LL 'Re 12345678 3.14 0xFF a_b_c __init__ camelCase λx→x²",
)
SPACES = (" ", "  ", "    ", " " * 11, "\t", "\n", "\r\n", "\n\n\n")
WORDS = (
    *(
        "return",
        " self",
        "if",
        "x",
        "ab",
        "aaa",
        "==",
        "(",
        "'s",
        "123",
        "4",
        "<s>",
        "</s>",
        "<0x41>",
        "<unk>",
        "<|user|>",
    ),
    *("sop", "你好", "，", "é", "\u0301", "👩‍👩‍👧", "😀", "\x00"),
)
# A lone surrogate is no text, and U+FFFD is what stands for half a character.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters=HALF_A_CHARACTER)
ANY_TEXT = st.lists(st.sampled_from((*SPACES, *WORDS)) | CHARACTERS, max_size=16).map("".join)
bounded = settings(max_examples=50, deadline=None, derandomize=True)


def project_texts() -> list[str]:
    """The sample projects and the command's sources: always there."""
    files = sorted((REPOSITORY / "lsp_server" / "cli").rglob("*.*"))
    return [path.read_text(encoding="utf-8") for path in files if path.suffix in {".py", ".ts", ".go", ".java"}]


def humaneval_texts() -> list[str]:
    """Of HumanEval-X, where it is there: every eighth prompt with its solution, in six languages."""
    rows = [
        json.loads(line)
        for path in sorted((DATA / "humaneval-x").glob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()[::8]
    ]
    return [row["prompt"] + row["canonical_solution"] for row in rows]


def in_daemon(tokenizer: Tokenizer, folder: Path) -> FolderTokenizer:
    """The tokenizer as the daemon has it, by way of tokenizer.json."""
    converted = folder / "converted"
    converted.mkdir()
    tokenizer.save(str(converted / "tokenizer.json"))
    return FolderTokenizer(converted)


def streamed(tokenizer: FolderTokenizer, ids: list[int]) -> list[str]:
    """What is there after each token, without the half of a character that may stand at the end."""
    return [tokenizer.decode(ids[:count]).rstrip(HALF_A_CHARACTER) for count in range(len(ids) + 1)]
