"""Which prompts a converted checkpoint is described with, from its tokens, config.json and name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.folder import read_description
from engine.prompt.chat import CHAT_FORMATS
from engine.prompt.families import describe_prompts
from engine.prompt.family_table import FAMILIES, INFILLINGS
from engine.prompt.templates import TEMPLATES, control_names
from tests.engine.checkpoints import CHECKPOINTS, converted, facts_of


@pytest.mark.parametrize(
    ("name", "family", "template", "can"),
    [
        ("codegeex-13b", "codegeex-13b", "prefix", "complete translate"),
        ("codegeex2-6b", "codegeex2", "prefix", "complete translate"),
        ("chatglm2-6b", "chatglm2", "plain", "complete chat translate"),
        ("chatglm3-6b", "chatglm3", "plain", "complete chat translate"),
        ("codegeex4-all-9b", "codegeex4", "codegeex4-infill", "complete infill chat translate"),
        ("glm-4-9b-chat-hf", "glm-4", "plain", "complete chat translate"),
        ("CodeLlama-7b-hf", "code-llama", "fim", "complete infill"),
        ("CodeLlama-7b-Instruct-hf", "code-llama", "fim", "complete infill chat translate"),
        ("CodeLlama-7b-Python-hf", "code-llama", "plain", "complete"),
        ("deepseek-coder-1.3b-base", "deepseek-coder", "fim-deepseek", "complete infill"),
        ("deepseek-coder-1.3b-instruct", "deepseek-coder", "fim-deepseek", "complete infill chat translate"),
        ("santacoder", "starcoder", "fim", "complete infill"),
        ("starcoderbase", "starcoder", "fim", "complete infill"),
        ("starcoder2-3b", "starcoder2", "fim-starcoder2", "complete infill"),
        ("codegen-350M-multi", "codegen", "plain", "complete"),
        ("gpt-j-6b", "gpt-j", "plain", "complete"),
        ("gpt-neo-125m", "gpt-neo", "plain", "complete"),
        ("PolyCoder-2.7B", "polycoder", "plain", "complete"),
        ("CodeFuse-13B", "codefuse-13b", "prefix", "complete"),
        ("incoder-1B", "incoder", "sentinels", "complete infill"),
        ("codeparrot-small", "codeparrot", "plain", "complete"),
        ("Qwen2.5-Coder-1.5B", "qwen2.5-coder", "fim-qwen", "complete infill"),
        ("Qwen2.5-Coder-1.5B-Instruct", "qwen2.5-coder", "fim-qwen", "complete infill chat translate"),
        ("Qwen2-0.5B-Instruct", "qwen2", "plain", "complete chat translate"),
        ("Qwen3-0.6B", "qwen3", "plain", "complete chat translate"),
        ("codegemma-2b", "codegemma", "fim-codegemma", "complete infill"),
        ("codegemma-7b-it", "codegemma", "fim-codegemma", "complete infill chat translate"),
        ("Mistral-7B-Instruct-v0.1", "mistral", "plain", "complete chat translate"),
        ("Codestral-22B-v0.1", "codestral", "fim-suffix-first", "complete infill chat translate"),
        ("phi-2", "phi", "plain", "complete"),
        ("bloom-560m", "bloom", "plain", "complete"),
    ],
)
def test_what_a_checkpoint_can(name: str, family: str, template: str, can: str) -> None:
    facts = facts_of(name)
    assert (facts.family, facts.template, " ".join(facts.capabilities)) == (family, template, can)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_an_answer_always_ends_and_only_at_tokens_the_checkpoint_has(name: str) -> None:
    """A token it lacks would be spelled out, and each piece of its name would end the answer."""
    facts = facts_of(name)
    tokens = set(CHECKPOINTS[name].tokens.split())
    assert facts.stop
    assert {*facts.stop, *facts.begin, *facts.tokens.values()} <= tokens


def test_infilling_ends_at_its_own_tokens() -> None:
    assert facts_of("CodeLlama-7b-hf").stop[:2] == ("</s>", "▁<EOT>")
    assert "<|endofmask|>" in facts_of("incoder-1B").stop
    assert {"<|file_sep|>", "<|fim_pad|>", "<|im_end|>"} <= set(facts_of("Qwen2.5-Coder-1.5B").stop)


def test_a_name_tells_what_tokens_do_not() -> None:
    byte_level = {"<|endoftext|>", "<|user|>"}.__contains__
    assert describe_prompts("chatglm", byte_level, {}).family == "codegeex4"
    assert describe_prompts("chatglm", byte_level, {"_name_or_path": "THUDM/glm-4-9b"}).family == "glm-4"
    fim = {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"}.__contains__
    assert "infill" in describe_prompts("qwen2", fim, {}, name="mine").capabilities
    assert "infill" not in describe_prompts("qwen2", fim, {}, name="Qwen2.5-7B").capabilities
    assert "chat" not in describe_prompts("glm-4", byte_level, {}, name="/models/instruct/glm-4-9b-base/").capabilities


def test_how_long_a_text_may_be() -> None:
    assert facts_of("codegeex4-all-9b").context_length == 131072
    assert describe_prompts("codegeex-13b", bool, {}).context_length == 2048


def test_the_licence_of_codegeex_weights_is_said() -> None:
    assert facts_of("codegeex-13b").notice.endswith("non-commercial research only.")
    assert "commercial use needs registration" in facts_of("codegeex2-6b").notice
    assert "commercial use needs registration" in facts_of("codegeex4-all-9b").notice


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_model_toml_says_it_and_is_read_back(name: str, tmp_path: Path) -> None:
    facts = facts_of(name)
    for file in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / file).write_text("{}")
    table = facts.table()
    tokens = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.pop("tokens", {}).items())
    prompt = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
    (tmp_path / "model.toml").write_text(
        f'format = 1\nname = "{name}"\nfamily = "{facts.family}"\nnumeric_type = "int8"\n'
        f"capabilities = {json.dumps(facts.capabilities)}\ncontext_length = {facts.context_length}\n"
        f"[prompt]\n{prompt}[prompt.tokens]\n{tokens}",
        encoding="utf-8",
    )
    read = read_description(tmp_path)
    expected = converted(name)
    for key in ("template", "begin", "control_tokens", "stop", "begins_with_space", "chat_template", "translation"):
        assert getattr(read, key) == getattr(expected, key)


def test_the_tables_name_only_what_there_is() -> None:
    for infilling in (*INFILLINGS, *filter(None, (family.infilling for family in FAMILIES.values()))):
        template = TEMPLATES[infilling.template]
        named = control_names(template.prompt + template.prompt_with_references + template.reference)
        assert named <= {"begin", *template.tokens, *infilling.tokens}
    for family in FAMILIES.values():
        assert family.alone in TEMPLATES
        assert family.chat_template in {"", *CHAT_FORMATS}
