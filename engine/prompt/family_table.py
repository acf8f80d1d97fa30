"""The prompts that each family of models was trained to read.

One table says how a checkpoint infills, which the control tokens of its tokenizer decide; the other has all the rest,
which its family decides. `engine.prompt.families` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Infilling:
    """A way to infill."""

    template: str  # of `engine.prompt.templates`
    tokens: Mapping[str, str] = field(default_factory=dict)  # its control tokens
    stop: tuple[str, ...] = ()  # more tokens that end an answer


def _fim(spelling: str, **more: str) -> dict[str, str]:
    return {name: spelling.replace("*", name) for name in ("prefix", "suffix", "middle")} | more


# A checkpoint's is the first of which it has all tokens. Those with a form for other files come first.
INFILLINGS = (
    Infilling("fim", {"prefix": "▁<PRE>", "suffix": "▁<SUF>", "middle": "▁<MID>"}, ("▁<EOT>",)),  # Code Llama
    Infilling("fim", {"prefix": "<PRE>", "suffix": "<SUF>", "middle": "<MID>"}, ("<EOT>",)),
    Infilling("fim-deepseek", {"prefix": "<｜fim▁begin｜>", "suffix": "<｜fim▁hole｜>", "middle": "<｜fim▁end｜>"}),
    Infilling("fim-suffix-first", {"prefix": "[PREFIX]", "suffix": "[SUFFIX]"}),  # Codestral
    Infilling("fim-codegemma", _fim("<|fim_*|>", file="<|file_separator|>")),
    Infilling("fim-qwen", _fim("<|fim_*|>", repository="<|repo_name|>", file="<|file_sep|>"), ("<|fim_pad|>",)),
    Infilling("fim", _fim("<|fim_*|>")),
    Infilling("fim-starcoder2", _fim("<fim_*>", repository="<repo_name>", file="<file_sep>"), ("<fim_pad>",)),
    Infilling("fim", _fim("<fim_*>"), ("<fim_pad>",)),  # StarCoder
    Infilling("fim", _fim("<fim-*>"), ("<fim-pad>",)),  # SantaCoder
    Infilling("sentinels", {"first": "<|mask:0|>", "second": "<|mask:1|>"}, ("<|endofmask|>",)),  # InCoder
)


@dataclass(frozen=True)
class Family:
    """What a family was trained with. Tokens of `stop` and `begin` that a checkpoint's tokenizer lacks are left out."""

    stop: tuple[str, ...]  # tokens that end an answer
    begin: tuple[str, ...] = ()
    alone: str = "plain"  # the template of a checkpoint that cannot infill
    infilling: Infilling | None = None  # if the tokens do not decide it
    infills: bool = True  # False if it was not trained to, whatever tokens it has
    chats: bool | None = False  # its models answer questions; None: some do, by their names or `chat_end_id`
    chat_template: str = ""
    chat_end_id: int | None = None  # the end token of those that chat
    translation: str = ""
    context_length: int = 2048
    licence: str = ""
    notice: str = ""


_END = ("<|endoftext|>",)
_GLM4 = Family(
    stop=("<|endoftext|>", "<|user|>", "<|observation|>"),
    begin=("[gMASK]", "<sop>"),
    chats=True,
    chat_template="glm",
    context_length=8192,
    licence="the GLM-4 licence",
)
_CHATGLM = Family(
    stop=("</s>",), begin=("[gMASK]", "<sop>"), chats=True, context_length=8192, licence="the ChatGLM licence"
)
_LLAMA = Family(
    stop=("</s>", "<|endoftext|>", "<|end_of_text|>"),
    begin=("<s>",),
    chats=None,
    chat_template="llama2",
    context_length=4096,
)
_QWEN = Family(
    stop=("<|endoftext|>", "<|im_end|>"),
    chats=None,
    chat_end_id=151645,
    context_length=32768,
    licence="Apache-2.0 (Qwen2.5-Coder-3B: Qwen Research)",
)
_MISTRAL = Family(
    stop=("</s>",), begin=("<s>",), chats=None, chat_template="mistral-v1", context_length=32768, licence="Apache-2.0"
)
_GEMMA = Family(
    stop=("<eos>", "<end_of_turn>"),
    begin=("<bos>",),
    chats=None,
    chat_template="gemma",
    context_length=8192,
    licence="Gemma Terms of Use",
)

FAMILIES: dict[str, Family] = {
    "codegeex-13b": Family(
        stop=_END,
        alone="prefix",
        translation="code-translation",
        licence="the CodeGeeX licence",
        notice="The weights of CodeGeeX-13B are for non-commercial research only.",
    ),
    "codegeex2": replace(
        _CHATGLM,
        alone="prefix",
        chats=False,  # "a base model, which is not instruction-tuned for chatting", its README says
        chat_template="codegeex2",
        translation="code-translation",
        licence="the CodeGeeX licence",
        notice="The weights of CodeGeeX2 are free for academic research; commercial use needs registration.",
    ),
    "codegeex4": replace(
        _GLM4,
        infilling=Infilling("codegeex4-infill", stop=("<|code_suffix|>", "<|code_prefix|>", "<|code_middle|>")),
        translation="codegeex4",
        context_length=131072,
        licence="the CodeGeeX4 licence",
        notice="The weights of CodeGeeX4 are free for academic research; commercial use needs registration.",
    ),
    "chatglm2": replace(_CHATGLM, chat_template="chatglm2"),
    "chatglm3": replace(_CHATGLM, stop=("</s>", "<|user|>", "<|observation|>"), chat_template="glm"),
    "glm-4": _GLM4,
    "llama": _LLAMA,
    "code-llama": replace(_LLAMA, context_length=16384, licence="Llama 2 Community License"),
    "deepseek-coder": Family(
        stop=("<｜end▁of▁sentence｜>", "<|EOT|>"),
        begin=("<｜begin▁of▁sentence｜>",),
        chats=None,
        chat_template="deepseek-coder",
        chat_end_id=32021,
        context_length=16384,
        licence="DeepSeek Model License",
    ),
    "starcoder": Family(stop=_END, context_length=8192, licence="BigCode OpenRAIL-M"),
    "starcoder2": Family(stop=_END, context_length=16384, licence="BigCode OpenRAIL-M"),
    "codegen": Family(stop=_END, licence="BSD-3-Clause"),
    "gpt-j": Family(stop=_END, licence="Apache-2.0"),
    "gpt-neo": Family(stop=_END, licence="MIT"),
    "gpt-neox": Family(stop=_END, licence="Apache-2.0"),
    "polycoder": Family(stop=_END, licence="MIT"),
    "codefuse-13b": Family(
        stop=("<|endoftext|>", "</s>"),
        alone="prefix",
        chats=None,
        chat_template="alpaca",
        context_length=4096,
        licence="the CodeFuse licence",
    ),
    "incoder": Family(stop=_END, begin=_END, licence="CC-BY-NC-4.0"),
    "codeparrot": Family(stop=_END, context_length=1024, licence="Apache-2.0"),
    "qwen2": replace(_QWEN, infills=False, chat_template="qwen2"),
    "qwen2.5": replace(_QWEN, infills=False, chat_template="qwen2.5"),
    "qwen2.5-coder": replace(_QWEN, chat_template="qwen2.5"),
    "codeqwen1.5": replace(
        _QWEN,
        infilling=Infilling("fim-qwen", _fim("<fim_*>", repository="<repo_name>", file="<file_sep>"), ("<fim_pad>",)),
        chat_template="qwen2",
        chat_end_id=None,
        context_length=65536,
        licence="Tongyi Qianwen licence",
    ),
    "qwen3": replace(_QWEN, infills=False, chat_template="qwen3", licence="Apache-2.0"),
    "qwen3-coder": replace(_QWEN, chat_template="chatml", licence="Apache-2.0"),
    "gemma": replace(_GEMMA, infills=False),
    "codegemma": _GEMMA,
    "mistral": _MISTRAL,
    "mistral-v3": replace(_MISTRAL, chat_template="mistral-v3"),
    "codestral": replace(_MISTRAL, chats=True, chat_template="mistral-v3", licence="Mistral AI Non-Production License"),
    "phi": Family(stop=_END, licence="MIT"),
    # Any other: its end tokens, and what its control tokens decide.
    "": Family(stop=("<|endoftext|>", "</s>", "<eos>", "<|end_of_text|>", "<｜end▁of▁sentence｜>")),
}
