"""Chat checkpoints, as far as their files speak of prompts: end tokens, begin token, chat template.

The templates are shortened, and write what the published ones write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from engine.convert.published_prompts import read_published_prompts
from engine.prompt.families import PromptFacts, describe_prompts

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SMOLLM2_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
SMOLLM2 = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\n"
    + SMOLLM2_SYSTEM
    + "<|im_end|>\\n' }}{% endif %}"
    + CHATML
)
LLAMA_3 = (
    "{% for m in messages %}{% if loop.first %}{{ bos_token }}{% endif %}"
    "{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim"
    " + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
LLAMA_3_1 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set said = messages[0]['content'] | trim %}"
    "{% set messages = messages[1:] %}{% else %}{% set said = '' %}{% endif %}"
    "{{ '<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: December 2023\\n"
    "Today Date: 26 Jul 2024\\n\\n' + said + '<|eot_id|>' }}"
) + LLAMA_3.replace("{% if loop.first %}{{ bos_token }}{% endif %}", "")
ZEPHYR = (
    "{% for m in messages %}\n{% if m['role'] == 'user' %}\n{{ '<|user|>\n' + m['content'] + eos_token }}"
    "\n{% elif m['role'] == 'system' %}\n{{ '<|system|>\n' + m['content'] + eos_token }}\n"
    "{% elif m['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + m['content'] + eos_token }}\n{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
)
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}"
    "{% set said = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}"
    "{% set messages = messages[1:] %}{% else %}{% set said = '' %}{% endif %}{% for m in messages %}"
    "{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + ((said if loop.first else '') + m['content']).strip()"
    " + ' [/INST]' }}{% else %}{{ ' ' + m['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}"
    "{% elif m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ m['content'] + eos_token + ' ' }}{% endif %}{% endfor %}"
)
MISTRAL_V3 = (
    "{% if messages[0]['role'] == 'system' %}{% set said = messages[0]['content'] %}{% set messages = messages[1:] %}"
    "{% endif %}{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' }}"
    "{% if said is defined and loop.last %}{{ said + '\\n\\n' }}{% endif %}{{ m['content'] + '[/INST]' }}"
    "{% else %}{{ ' ' + m['content'] | trim + eos_token }}{% endif %}{% endfor %}"
)
GRANITE_CODE = (
    "{% for m in messages %}\n{% if m['role'] == 'user' %}\n{{ 'Question:\n' + m['content'] + '\n\n' }}"
    "{% elif m['role'] == 'system' %}\n{{ 'System:\n' + m['content'] + '\n\n' }}"
    "{% elif m['role'] == 'assistant' %}{{ 'Answer:\n'  + m['content'] + '\n\n' }}{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ 'Answer:\n' }}{% endif %}\n{% endfor %}"
)
GRANITE = (
    "{% for m in messages %}{{ '<|start_of_role|>' + m['role'] + '<|end_of_role|>' + m['content']"
    " + '<|end_of_text|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else 'user') + '\\n'"
    " + m['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
)
PHI_3 = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)
DEEPSEEK_R1 = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}"
    "{% elif m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}"
    "{% else %}{{ '<｜Assistant｜>' + m['content'] + '<｜end▁of▁sentence｜>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}"
)
GLM_4 = (
    "[gMASK]<sop>{% for m in messages %}{{ '<|' + m['role'] + '|>\\n' + m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LLAMA_3_TOKENS = "<|begin_of_text|> <|end_of_text|> <|eom_id|> <|eot_id|> <|start_header_id|> <|end_header_id|>"


@dataclass(frozen=True)
class PublishedChat:
    """`tokens` are the tokenizer's control tokens, between spaces; `ends` those that the configurations name."""

    family: str
    tokens: str
    ends: str
    template: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # of tokenizer_config.json
    post_processor: Mapping[str, Any] | None = None  # of tokenizer.json
    begins_with_space: bool = False


def _adding(token: str) -> dict[str, Any]:
    first = {"SpecialToken": {"id": token, "type_id": 0}}
    return {"type": "Sequence", "processors": [{"type": "TemplateProcessing", "single": [first, {"Sequence": {}}]}]}


CHATS = {
    "SmolLM2-135M-Instruct": PublishedChat("llama", "<|endoftext|> <|im_start|> <|im_end|>", "<|im_end|>", SMOLLM2),
    "Llama-3.1-8B-Instruct": PublishedChat(
        "llama",
        LLAMA_3_TOKENS,
        "<|end_of_text|> <|eom_id|> <|eot_id|>",
        LLAMA_3_1,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        _adding("<|begin_of_text|>"),
    ),
    "Meta-Llama-3-8B-Instruct": PublishedChat(
        "llama",
        LLAMA_3_TOKENS,
        "<|end_of_text|> <|eot_id|>",
        LLAMA_3,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"},
        _adding("<|begin_of_text|>"),
    ),
    "Llama-3.2-1B": PublishedChat(
        "llama",
        LLAMA_3_TOKENS,
        "<|end_of_text|>",
        "",
        {"bos_token": "<|begin_of_text|>"},
        _adding("<|begin_of_text|>"),
    ),
    "Yi-Coder-9B-Chat": PublishedChat(
        "llama",
        "<|startoftext|> <|endoftext|> <|im_start|> <|im_end|> <s> </s>",
        "<|im_end|>",
        CHATML,
        {"bos_token": "<|startoftext|>", "eos_token": "<|im_end|>", "add_bos_token": False},
    ),
    "TinyLlama-1.1B-Chat-v1.0": PublishedChat(
        "llama", "<s> </s>", "</s>", ZEPHYR, {"bos_token": "<s>", "eos_token": "</s>"}, begins_with_space=True
    ),
    "Llama-2-7b-chat-hf": PublishedChat(
        "llama",
        "<s> </s>",
        "</s>",
        LLAMA_2,
        {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True},
        begins_with_space=True,
    ),
    "granite-8b-code-instruct": PublishedChat(
        "llama",
        "<|endoftext|> <fim_prefix> <fim_middle> <fim_suffix> <fim_pad>",
        "<|endoftext|>",
        GRANITE_CODE,
        {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "add_bos_token": False},
    ),
    "granite-3.1-2b-instruct": PublishedChat(
        "llama",
        "<|end_of_text|> <|start_of_role|> <|end_of_role|>",
        "<|end_of_text|>",
        GRANITE,
        {"bos_token": "<|end_of_text|>", "eos_token": "<|end_of_text|>", "add_bos_token": False},
    ),
    "OpenHermes-2.5-Mistral-7B": PublishedChat(
        "mistral",
        "<s> </s> <|im_start|> <|im_end|>",
        "<|im_end|>",
        CHATML,
        {"bos_token": "<s>", "eos_token": "<|im_end|>"},
        _adding("<s>"),
        begins_with_space=True,
    ),
    "Mistral-7B-Instruct-v0.2": PublishedChat(
        "mistral", "<s> </s>", "</s>", MISTRAL, {"bos_token": "<s>", "eos_token": "</s>"}, begins_with_space=True
    ),
    "Mistral-7B-Instruct-v0.3": PublishedChat(
        "mistral",
        "<s> </s> [INST] [/INST]",
        "</s>",
        MISTRAL_V3,
        {"bos_token": "<s>", "eos_token": "</s>"},
        begins_with_space=True,
    ),
    "DeepSeek-R1-Distill-Llama-8B": PublishedChat(
        "llama",
        f"{LLAMA_3_TOKENS} <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜>",
        "<｜end▁of▁sentence｜>",
        DEEPSEEK_R1,
        {"bos_token": "<｜begin▁of▁sentence｜>", "eos_token": "<｜end▁of▁sentence｜>", "add_bos_token": True},
    ),
    "gemma-2b-it": PublishedChat(
        "gemma",
        "<bos> <eos> <start_of_turn> <end_of_turn>",
        "<eos> <end_of_turn>",
        GEMMA,
        {"bos_token": "<bos>", "eos_token": "<eos>"},
    ),
    "Qwen2.5-Coder-1.5B-Instruct": PublishedChat(
        "qwen2",
        "<|endoftext|> <|im_start|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|>",
        "<|im_end|> <|endoftext|>",
        SMOLLM2.replace(SMOLLM2_SYSTEM, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
        {"eos_token": "<|im_end|>", "add_bos_token": False},
    ),
    "glm-4-9b-chat-hf": PublishedChat(
        "glm",
        "<|endoftext|> [gMASK] <sop> <|system|> <|user|> <|assistant|> <|observation|>",
        "<|endoftext|> <|user|> <|observation|>",
        GLM_4,
        {"eos_token": "<|endoftext|>"},
    ),
    "a-model-of-phi-3-turns-chat": PublishedChat(
        "llama",
        "<s> <|endoftext|> <|system|> <|user|> <|assistant|> <|end|>",
        "<|endoftext|> <|end|>",
        PHI_3,
        {"bos_token": "<s>", "eos_token": "<|endoftext|>", "add_bos_token": False},
    ),
}


def publish(chat: PublishedChat, folder: Path) -> Tokenizer:
    """Write the checkpoint's small files, and return its tokenizer as it is converted."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({each: number for number, each in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(chat.tokens.split())
    tokenizer.encode_special_tokens = True
    ends = [tokenizer.token_to_id(token) for token in chat.ends.split()]
    options = {**chat.options, "chat_template": chat.template} if chat.template else chat.options
    files = {
        "config.json": {"model_type": chat.family, "eos_token_id": ends[0] if ends else None},
        "generation_config.json": {"eos_token_id": ends},
        "tokenizer_config.json": options,
        "tokenizer.json": {"post_processor": chat.post_processor},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return tokenizer


def describe(chat: PublishedChat, name: str, folder: Path) -> PromptFacts:
    """Return what the conversion says of the checkpoint's prompts."""
    tokenizer = publish(chat, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return describe_prompts(
        chat.family,
        lambda token: tokenizer.token_to_id(token) is not None,
        config,
        name=name,
        begins_with_space=chat.begins_with_space,
        published=read_published_prompts(folder, config, tokenizer),
    )
