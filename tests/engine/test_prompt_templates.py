"""Each template against what its model was trained on: «» are control tokens, ¦ stands between texts encoded apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.languages import language_of
from engine.prompt.layout import Part, Writer
from engine.prompt.templates import TEMPLATES, Contents, prompt_parts
from engine.types import Mode, ModelError
from tests.engine.checkpoints import CHECKPOINTS, converted
from tests.scripted import DESCRIPTION

CONTENTS = Contents("a.py", language_of("python"), Mode.LINE, "def f(", "):\n", repository="shop")
REFERENCES = (("b.py", "x = 1\ny = 2"),)
QUOTED = "# Path: b.py\n# x = 1\n# y = 2\n"


def written(parts: Sequence[Part]) -> str:
    text, after_text = "", False
    for part in parts:
        text += f"«{part.text}»" if part.control else ("¦" if after_text else "") + part.text
        after_text = not part.control
    return text


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        (
            "codegeex4-all-9b",
            (
                "«[gMASK]»«<sop>»«<|user|>»\n«###PATH:»a.py\n«###LANGUAGE:»Python\n«###MODE:»LINE\n"
                "«<|code_suffix|>»):\n«<|code_prefix|>»def f(«<|code_middle|>»«<|assistant|>»\n"
            ),
        ),
        ("codegeex-13b", "# language: Python\ndef f("),
        ("codegeex2-6b", "«[gMASK]»«<sop>» # language: Python\ndef f("),
        ("CodeFuse-13B", "# language: Python\ndef f("),
        ("codegen-350M-multi", "def f("),
        ("CodeLlama-7b-hf", "«<s>»«▁<PRE>» def f(«▁<SUF>»):\n«▁<MID>»"),
        ("CodeLlama-7b-Python-hf", "«<s>» def f("),
        ("Codestral-22B-v0.1", "«<s>»«[SUFFIX]»):\n«[PREFIX]» def f("),
        (
            "deepseek-coder-1.3b-base",
            "«<｜begin▁of▁sentence｜>»«<｜fim▁begin｜>»def f(«<｜fim▁hole｜>»):\n«<｜fim▁end｜>»",
        ),
        ("Qwen2.5-Coder-1.5B", "«<|fim_prefix|>»def f(«<|fim_suffix|>»):\n«<|fim_middle|>»"),
        ("santacoder", "«<fim-prefix>»def f(«<fim-suffix>»):\n«<fim-middle>»"),
        ("starcoder2-3b", "«<fim_prefix>»def f(«<fim_suffix>»):\n«<fim_middle>»"),
        ("codegemma-2b", "«<bos>»«<|fim_prefix|>»def f(«<|fim_suffix|>»):\n«<|fim_middle|>»"),
        ("incoder-1B", "«<|endoftext|>»def f(«<|mask:0|>»):\n«<|mask:1|>»«<|mask:0|>»"),
    ],
)
def test_one_file(checkpoint: str, expected: str) -> None:
    assert written(prompt_parts(converted(checkpoint), CONTENTS)) == expected


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        (
            "Qwen2.5-Coder-1.5B",
            (
                "«<|repo_name|>»shop\n«<|file_sep|>»b.py\nx = 1\ny = 2\n«<|file_sep|>»a.py\n"
                "«<|fim_prefix|>»def f(«<|fim_suffix|>»):\n«<|fim_middle|>»"
            ),
        ),
        (
            "starcoder2-3b",
            (
                "«<repo_name>»shop«<file_sep>»b.py\nx = 1\ny = 2\n«<file_sep>»"
                "«<fim_prefix>»a.py\ndef f(«<fim_suffix>»):\n«<fim_middle>»"
            ),
        ),
        (
            "codegemma-2b",
            (
                "«<bos>»b.py\nx = 1\ny = 2\n«<|file_separator|>»a.py\n"
                "«<|fim_prefix|>»def f(«<|fim_suffix|>»):\n«<|fim_middle|>»"
            ),
        ),
        (
            "deepseek-coder-1.3b-base",
            (
                "«<｜begin▁of▁sentence｜>»«<｜fim▁begin｜>»# b.py\nx = 1\ny = 2\n\n# a.py\ndef f("
                "«<｜fim▁hole｜>»):\n«<｜fim▁end｜>»"
            ),
        ),
        ("starcoderbase", f"«<fim_prefix>»{QUOTED}def f(«<fim_suffix>»):\n«<fim_middle>»"),
        ("CodeLlama-7b-hf", f"«<s>»«▁<PRE>» {QUOTED}def f(«▁<SUF>»):\n«▁<MID>»"),
        ("codegeex2-6b", f"«[gMASK]»«<sop>» # language: Python\n{QUOTED}def f("),
    ],
)
def test_with_another_file(checkpoint: str, expected: str) -> None:
    """In the form of families trained on several files; for others as comments."""
    assert written(prompt_parts(converted(checkpoint), replace(CONTENTS, references=REFERENCES))) == expected


def test_codegeex4_takes_one_reference_block_a_file() -> None:
    contents = replace(CONTENTS, references=(("b.py", "x = 1"), ("c.py", "y = 2")))
    assert written(prompt_parts(converted("codegeex4-all-9b"), contents)).startswith(
        "«[gMASK]»«<sop>»«<|user|>»\n«###REFERENCE:»\n«###PATH:»b.py\nx = 1\n"
        "«###REFERENCE:»\n«###PATH:»c.py\ny = 2\n«###PATH:»a.py\n"
    )


def test_nothing_on_either_side_of_the_cursor() -> None:
    """Sentencepiece puts no space before an empty text."""
    contents = replace(CONTENTS, prefix="", suffix="")
    assert written(prompt_parts(converted("CodeLlama-7b-hf"), contents)) == "«<s>»«▁<PRE>»«▁<SUF>»«▁<MID>»"


def test_a_language_nobody_knows() -> None:
    plain = replace(CONTENTS, language=language_of("plaintext"), references=REFERENCES)
    assert written(prompt_parts(converted("codegeex-13b"), plain)) == f"{QUOTED}def f("
    css = replace(CONTENTS, language=language_of("css"), references=(("b.css", "a {}"),))
    assert written(prompt_parts(converted("codegeex-13b"), css)) == (
        "/* language: CSS */\n/* Path: b.css */\n/* a {} */\ndef f("
    )


def test_a_model_whose_folder_says_that_it_cannot_infill_gets_the_prefix_alone() -> None:
    description = replace(converted("starcoder2-3b"), capabilities=frozenset({"complete"}))
    assert written(prompt_parts(description, CONTENTS)) == "# language: Python\ndef f("


def test_a_template_that_lacks_its_tokens_is_refused() -> None:
    with pytest.raises(ModelError, match=r"lacks middle, prefix, suffix, which the template 'fim' needs"):
        prompt_parts(replace(DESCRIPTION, template="fim"), CONTENTS)
    with pytest.raises(ModelError, match="unknown prompt template 'nope'"):
        prompt_parts(replace(DESCRIPTION, template="nope"), CONTENTS)


def test_a_token_that_only_a_reference_needs_is_missed_too() -> None:
    tokens = {name: name for name in ("prefix", "suffix", "middle")}
    description = replace(DESCRIPTION, template="fim-codegemma", control_tokens=tokens)
    with pytest.raises(ModelError, match=r"lacks file, which the template 'fim-codegemma' needs"):
        prompt_parts(description, replace(CONTENTS, references=REFERENCES))


@given(st.sampled_from(sorted(CHECKPOINTS)), st.data())
def test_user_text_never_becomes_a_control_token(checkpoint: str, data: st.DataObject) -> None:
    """Whatever a file holds, the control tokens are those of the same prompt with harmless texts."""
    spelled = [*CHECKPOINTS[checkpoint].tokens.split(), "<prefix>", "{suffix}", "<>", "###MODE:", "<begin>", "\n"]
    path, prefix, suffix, text = (
        data.draw(st.lists(st.sampled_from(spelled), max_size=3).map("".join)) for _ in range(4)
    )
    hostile = replace(CONTENTS, path=path, prefix=prefix, suffix=suffix, references=((path, text),))
    harmless = replace(CONTENTS, references=REFERENCES)
    controls = [
        [part.text for part in prompt_parts(converted(checkpoint), contents) if part.control]
        for contents in (hostile, harmless)
    ]
    assert controls[0] == controls[1]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_prefix_ends_a_part_of_each_template(name: str) -> None:
    template = TEMPLATES[name]
    texts = dict.fromkeys(
        ("path", "path_comment", "repository", "language", "mode", "tag", "references", "quoted", "suffix"), "?"
    )
    for layout in filter(None, (template.prompt, template.prompt_with_references)):
        writer = Writer({})
        writer.write(layout, texts | {"prefix": "def f("})
        assert [part.text.endswith("def f(") for part in writer.parts() if part.ends_prefix] == [True]
