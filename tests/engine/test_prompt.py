from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.completion.assemble import assemble
from engine.languages import language_of
from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.layout import Part, encode
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import Mode, Prompt, Snippet
from tests.scripted import DESCRIPTION, WordTokenizer

PYTHON = language_of("python")


def snippet(path: str, text: str, score: float = 1.0) -> Snippet:
    return Snippet(path, 0, text.count("\n") + 1, text, score, "similar code")


def prompt_of(
    prefix: str, suffix: str = "", snippets: tuple[Snippet, ...] = (), budget: int = 400
) -> tuple[Prompt, str]:
    tokenizer = WordTokenizer()
    prompt = assemble(
        PromptEncoder(DESCRIPTION, tokenizer), Contents("src/a.py", PYTHON, Mode.LINE, prefix, suffix), budget, snippets
    )
    return prompt, tokenizer.decode(prompt.tokens)


def test_codegeex4_infilling_is_verbatim() -> None:
    """As in CodeGeeX4's infilling guideline, suffix first, one REFERENCE a snippet."""
    _, text = prompt_of("def f(", "):\n    pass\n", (snippet("b.py", "b = 2"), snippet("c.py", "c = 3")))
    assert text == (
        "[gMASK]<sop><|user|>\n"
        "###REFERENCE:\n###PATH:c.py\nc = 3\n"
        "###REFERENCE:\n###PATH:b.py\nb = 2\n"
        "###PATH:src/a.py\n###LANGUAGE:Python\n###MODE:LINE\n"
        "<|code_suffix|>):\n    pass\n<|code_prefix|>def f(<|code_middle|><|assistant|>\n"
    )


def test_a_prompt_tells_where_its_prefix_ends() -> None:
    tokenizer = WordTokenizer()
    prompt = assemble(PromptEncoder(DESCRIPTION, tokenizer), Contents("a.py", PYTHON, Mode.LINE, "def f(", "):\n"), 400)
    prefix = prompt.tokens[prompt.prefix_end - prompt.prefix_tokens : prompt.prefix_end]
    assert tokenizer.decode(prefix) == "def f("
    assert tokenizer.decode(prompt.tokens[prompt.prefix_end :]) == "<|code_middle|><|assistant|>\n"


def test_what_the_model_has_no_token_for_is_text_with_its_neighbours() -> None:
    tokenizer = FolderTokenizer(EMBEDDED_FOLDER)
    parts = [Part("<|user|>", control=True), Part("("), Part("<|nope|>", control=True), Part("x"), Part("y")]
    user = tokenizer.control("<|user|>")
    assert encode(tokenizer, parts) == [*user, *tokenizer.encode("(<|nope|>x"), *tokenizer.encode("y")]


def test_the_repository_reaches_models_trained_with_it() -> None:
    tokens = {name: f"<|{name}|>" for name in ("prefix", "suffix", "middle", "repository", "file")}
    description = replace(DESCRIPTION, template="fim-qwen", control_tokens=tokens)
    tokenizer = WordTokenizer()
    used = (snippet("b.py", "b = 2"),)
    contents = Contents("a.py", PYTHON, Mode.LINE, "x", "", repository="shop")
    prompt = assemble(PromptEncoder(description, tokenizer), contents, 400, used)
    assert tokenizer.decode(prompt.tokens).startswith(
        "<|repository|>shop\n<|file|>b.py\nb = 2\n<|file|>a.py\n<|prefix|>x"
    )


def test_the_prefix_is_cut_at_a_line_border_and_keeps_the_cursor() -> None:
    prompt, text = prompt_of("".join(f"line_{i} = {i}\n" for i in range(500)) + "last = ", budget=120)
    shown = text.partition("<|code_prefix|>")[2].partition("<|code_middle|>")[0]
    assert len(prompt.tokens) <= 120
    assert shown.endswith("line_499 = 499\nlast = ")
    assert shown.startswith("line_")


def test_a_single_endless_line_is_cut_within() -> None:
    prompt, text = prompt_of("x + " * 2_000, budget=120)
    assert len(prompt.tokens) <= 120
    assert text.endswith("x + <|code_middle|><|assistant|>\n")


def test_the_best_snippets_that_fit_stand_nearest_to_the_cursor() -> None:
    best, big, small = snippet("best.py", "a = 1"), snippet("big.py", "b = 2\n" * 200), snippet("small.py", "c = 3")
    prompt, _ = prompt_of("x = ", snippets=(best, big, small), budget=200)
    assert [use.snippet.path for use in prompt.used] == ["small.py", "best.py"]
    assert all(use.tokens > 0 for use in prompt.used)


def test_a_path_longer_than_the_prompt_leaves_room_for_code() -> None:
    contents = Contents("a/" * 900 + "b.py", PYTHON, Mode.LINE, "x = 1\n" * 20, "")
    prompt = assemble(PromptEncoder(DESCRIPTION, WordTokenizer()), contents, 120)
    assert len(prompt.tokens) <= 120
    assert prompt.prefix_tokens > 40


@given(st.text(max_size=400), st.text(max_size=400), st.integers(60, 300))
def test_the_budget_holds_whatever_the_text(prefix: str, suffix: str, budget: int) -> None:
    prompt, _ = prompt_of(prefix, suffix, (snippet("b.py", prefix or "b"),), budget)
    assert len(prompt.tokens) <= budget
