"""Published checkpoints, as far as their prompts are told by them: tokens, config.json, and the name of the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.model.folder import ModelDescription
from engine.prompt.families import PromptFacts, describe_prompts

GLM_ROLES = "[gMASK] <sop> <|system|> <|user|> <|assistant|> <|observation|>"


@dataclass(frozen=True)
class Published:
    """`family` is config.json's `model_type`; `tokens` stand between spaces."""

    family: str
    tokens: str
    config: Mapping[str, Any] = field(default_factory=dict)
    begins_with_space: bool = False


CHECKPOINTS = {
    "codegeex-13b": Published("codegeex-13b", "<|endoftext|>"),
    "codegeex2-6b": Published("chatglm", f"▁ </s> {GLM_ROLES}", {"seq_length": 8192}, begins_with_space=True),
    "chatglm2-6b": Published("chatglm", f"▁ </s> {GLM_ROLES}", {"seq_length": 32768}, begins_with_space=True),
    "chatglm3-6b": Published("chatglm", f"▁ </s> {GLM_ROLES}", {"seq_length": 8192}, begins_with_space=True),
    "codegeex4-all-9b": Published("chatglm", f"<|endoftext|> {GLM_ROLES}", {"seq_length": 131072}),
    "glm-4-9b-chat-hf": Published("glm", f"<|endoftext|> {GLM_ROLES}", {"max_position_embeddings": 131072}),
    "CodeLlama-7b-hf": Published(
        "llama", "▁ <s> </s> ▁<PRE> ▁<SUF> ▁<MID> ▁<EOT>", {"vocab_size": 32016}, begins_with_space=True
    ),
    "CodeLlama-7b-Instruct-hf": Published(
        "llama", "▁ <s> </s> ▁<PRE> ▁<SUF> ▁<MID> ▁<EOT>", {"vocab_size": 32016}, begins_with_space=True
    ),
    "CodeLlama-7b-Python-hf": Published(
        "llama", "▁ <s> </s> ▁<PRE> ▁<SUF> ▁<MID> ▁<EOT>", {"vocab_size": 32000}, begins_with_space=True
    ),
    "deepseek-coder-1.3b-base": Published(
        "llama",
        "<｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <|EOT|> <｜fim▁begin｜> <｜fim▁hole｜> <｜fim▁end｜>",
        {"max_position_embeddings": 16384, "eos_token_id": 32014},
    ),
    "deepseek-coder-1.3b-instruct": Published(
        "llama",
        "<｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <|EOT|> <｜fim▁begin｜> <｜fim▁hole｜> <｜fim▁end｜>",
        {"max_position_embeddings": 16384, "eos_token_id": 32021},
    ),
    "santacoder": Published("gpt_bigcode", "<|endoftext|> <fim-prefix> <fim-suffix> <fim-middle> <fim-pad>"),
    "starcoderbase": Published(
        "gpt_bigcode", "<|endoftext|> <fim_prefix> <fim_suffix> <fim_middle> <fim_pad> <reponame>"
    ),
    "starcoder2-3b": Published(
        "starcoder2", "<|endoftext|> <fim_prefix> <fim_suffix> <fim_middle> <fim_pad> <repo_name> <file_sep>"
    ),
    "codegen-350M-multi": Published("codegen", "<|endoftext|>", {"n_positions": 2048}),
    "gpt-j-6b": Published("gptj", "<|endoftext|>"),
    "gpt-neo-125m": Published("gpt_neo", "<|endoftext|>"),
    "PolyCoder-2.7B": Published("gpt_neox", "<|endoftext|>"),
    "CodeFuse-13B": Published("gpt_neox", "<|endoftext|>", {"hidden_size": 5120, "num_hidden_layers": 40}),
    "incoder-1B": Published("xglm", "<|endoftext|> <|mask:0|> <|mask:1|> <|endofmask|>"),
    "codeparrot-small": Published("gpt2", "<|endoftext|>", {"n_positions": 1024}),
    "Qwen2.5-Coder-1.5B": Published(
        "qwen2",
        "<|endoftext|> <|im_start|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|> "
        "<|repo_name|> <|file_sep|>",
        {"eos_token_id": 151643},
    ),
    "Qwen2.5-Coder-1.5B-Instruct": Published(
        "qwen2",
        "<|endoftext|> <|im_start|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|> "
        "<|repo_name|> <|file_sep|>",
        {"eos_token_id": 151645},
    ),
    "Qwen2-0.5B-Instruct": Published("qwen2", "<|endoftext|> <|im_start|> <|im_end|>"),
    "Qwen3-0.6B": Published(
        "qwen3",
        "<|endoftext|> <|im_start|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <think> </think>",
        {"eos_token_id": 151645},
    ),
    "codegemma-2b": Published(
        "gemma", "▁ <bos> <eos> <end_of_turn> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|file_separator|>"
    ),
    "codegemma-7b-it": Published(
        "gemma", "▁ <bos> <eos> <end_of_turn> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|file_separator|>"
    ),
    "Mistral-7B-Instruct-v0.1": Published("mistral", "▁ <s> </s>", begins_with_space=True),
    "Codestral-22B-v0.1": Published(
        "mistral", "▁ <s> </s> [INST] [/INST] [PREFIX] [MIDDLE] [SUFFIX]", begins_with_space=True
    ),
    "phi-2": Published("phi", "<|endoftext|>"),
    "bloom-560m": Published("bloom", "<s> </s>"),
}


def facts_of(name: str) -> PromptFacts:
    published = CHECKPOINTS[name]
    tokens = frozenset(published.tokens.split())
    return describe_prompts(
        published.family,
        tokens.__contains__,
        published.config,
        name=name,
        begins_with_space=published.begins_with_space,
    )


def converted(name: str) -> ModelDescription:
    """What the model folder converted from `name` says of itself."""
    facts = facts_of(name)
    return ModelDescription(
        folder=Path(name),
        name=name,
        family=facts.family,
        capabilities=frozenset(facts.capabilities),
        context_length=facts.context_length,
        numeric_type="int8",
        template=facts.template,
        stop=facts.stop,
        begin=facts.begin,
        control_tokens=dict(facts.tokens),
        begins_with_space=facts.begins_with_space,
        chat_template=facts.chat_template,
        translation=facts.translation,
    )
