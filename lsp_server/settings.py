"""The settings, defined once: reads a client's options into frozen values, and explains what is wrong with them.

The names are the same for all clients, in the section `codegeex`; their schemas are generated from `json_schema`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.assist.tasks import AssistSettings
from engine.remote.infilling import BY_FIELD, FORMS
from engine.remote.server import Purpose, Server, read_server, url_fault
from engine.types import CompletionSettings, Eagerness

SECTION = "codegeex"


@dataclass(frozen=True)
class Setting:
    """One setting."""

    name: str
    kind: type
    default: Any  # None: chosen by the server
    description: str
    description_zh: str
    low: float | None = None  # of numbers
    high: float | None = None
    choices: tuple[str, ...] = ()  # of strings
    check: Callable[[str], str] | None = None  # returns what is wrong with a string that is not empty, or ""
    is_private: bool = False  # it decides where text is sent, and no workspace may set it

    def find_fault(self, value: Any) -> str:
        """Return what is wrong with `value`, or ""."""
        if value is None and self.default is None:
            return ""
        kinds = (int, float) if self.kind is float else (self.kind,)
        low, high = self.low, self.high
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.kind is not bool):
            return f"must be of type {_JSON_TYPES[self.kind]}, not {value!r}"
        if low is not None and high is not None and isinstance(value, int | float) and not low <= value <= high:
            return f"must be from {low:g} to {high:g}, not {value!r}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not {value!r}"
        if isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
            return f"must be a list of strings, not {value!r}"
        return self.check(str(value)) if self.check and value else ""


_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}

SETTINGS: tuple[Setting, ...] = (
    Setting("enable", bool, True, "Offer inline completions.", "提供行内补全。"),
    Setting(
        "disabledLanguages", list, [], "Language ids without completions.", "不提供补全的语言标识（languageId）。"
    ),
    Setting(
        "model", str, "",
        "The name or folder of a model. Empty: the one that `codegeex-lsp models use` chose, or the embedded one.",
        "模型名称或文件夹；留空则使用 `codegeex-lsp models use` 选择的模型，未选择时使用内置模型。",
    ),
    Setting(
        "device", str, "auto", "The device that the model runs on.", "模型运行的设备。", choices=("auto", "cpu", "cuda")
    ),
    Setting(
        "threads", int, 0, "CPU threads of the model. 0: chosen by measuring.",
        "模型使用的 CPU 线程数；0 为自动。", 0, 256,
    ),
    Setting(
        "completion.maxTokens", int, 64, "The maximum length of a suggestion, in tokens.",
        "补全的最大长度（token 数）。", 1, 1024,
    ),
    Setting(
        "completion.maxPromptTokens", int, 1024,
        "The maximum length of a prompt and its completion together, in tokens.",
        "提示的最大长度（token 数，含回答）。", 128, 131072,
    ),
    Setting(
        "completion.eagerness", str, "balanced",
        "Fewer, more accurate suggestions, or more of them with more mistakes.",
        "少而准，或多而可能有误。", choices=tuple(eagerness.value for eagerness in Eagerness),
    ),
    Setting(
        "completion.confidence", float, None,
        "Show a suggestion if it is right with at least this probability. Empty: `completion.eagerness` decides.",
        "补全正确概率不低于该值时才显示；留空则由 eagerness 决定。", 0.0, 1.0,
    ),
    Setting(
        "completion.mode", str, "auto", "How much to suggest: the rest of the line, a block, or whichever fits.",
        "补全范围：行、代码块，或自动。", choices=("auto", "line", "block"),
    ),
    Setting(
        "completion.remote.url", str, "",
        "The URL of a server with OpenAI's API that completes instead of the model on this machine, such as "
        "`https://host/v1`. Everything the model would be shown is sent there. Empty: no server. "
        "To store its key: `codegeex-lsp key set HOST`.",
        "代替本机模型进行补全的服务器（OpenAI 兼容接口），例如 `https://host/v1`；向模型提供的内容会发送到该服务器。"
        "留空则不使用。密钥：`codegeex-lsp key set HOST`。", check=url_fault, is_private=True,
    ),
    Setting(
        "completion.remote.model", str, "", "The name that the server has for the model that completes.",
        "服务器上用于补全的模型名称。", is_private=True,
    ),
    Setting(
        "completion.remote.infill", str, BY_FIELD,
        "How the text after the cursor is sent: in the API's field `suffix`, with the control tokens of the model that "
        "the server runs (`qwen2.5-coder` and others; for llama.cpp and vLLM), or not at all.",
        "如何告知服务器光标之后的内容：API 的 `suffix` 字段、所用模型的控制标记"
        "（`qwen2.5-coder` 等，适用于 llama.cpp 和 vLLM），或不告知。", choices=tuple(FORMS), is_private=True,
    ),
    Setting(
        "nextEdit.enable", bool, True, "Propose what to change next, derived from what was just changed.",
        "根据刚才的修改，建议下一处修改。",
    ),
    Setting(
        "chat.remote.url", str, "",
        "The URL of a server with OpenAI's API that answers questions and edits code instead of the model on this "
        "machine, such as `https://host/v1`. Questions, code and what they refer to are sent there. Empty: no server. "
        "To store its key: `codegeex-lsp key set HOST`.",
        "代替本机模型回答问题、修改代码的服务器（OpenAI 兼容接口），例如 `https://host/v1`；"
        "问题、代码及其引用的内容会发送到该服务器。留空则不使用。密钥：`codegeex-lsp key set HOST`。",
        check=url_fault, is_private=True,
    ),
    Setting(
        "chat.remote.model", str, "", "The name that the server has for the model that answers.",
        "服务器上用于回答的模型名称。", is_private=True,
    ),
    Setting(
        "chat.maxTokens", int, 1024, "The maximum length of an answer, in tokens.",
        "回答的最大长度（token 数）。", 16, 32768,
    ),
    Setting(
        "chat.maxPromptTokens", int, 4096,
        "The maximum length of a question's prompt, in tokens: code, sources and conversation.",
        "提问时提示的最大长度（token 数），包括代码、来源和对话。", 256, 131072,
    ),
    Setting(
        "context.enable", bool, True, "Show the model related code from other files in the workspace.",
        "向模型提供工作区内其他文件中的相关代码。",
    ),
    Setting(
        "context.receipts", bool, False, "Send `codegeex/contextReceipt` with each suggestion: what it was made from.",
        "每次补全时发送 codegeex/contextReceipt，说明所用的上下文。",
    ),
    Setting(
        "context.exclude", list, [], "Glob patterns of files that are never shown to the model, as in `files.exclude`.",
        "不向模型提供的文件（glob 模式，与 files.exclude 相同）。",
    ),
)  # fmt: skip
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_SECTIONS = {setting.name.partition(".")[0] for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The settings of a client, checked."""

    values: Mapping[str, Any] = field(default_factory=lambda: {s.name: s.default for s in SETTINGS})  # by full name

    @property
    def enable(self) -> bool:
        return bool(self.values["enable"])

    @property
    def model_key(self) -> tuple[str, str, int]:
        """Return what a loaded model depends on: (name, device, threads)."""
        return self.values["model"], self.values["device"], self.values["threads"]

    def server(self, purpose: Purpose) -> Server | None:
        """Return the server that is asked instead of the model on this machine, if one is named for this purpose."""
        url = self.values[f"{purpose}.remote.url"]
        model, infill = self.values[f"{purpose}.remote.model"], self.values["completion.remote.infill"]
        return read_server(url, model, purpose, infill if purpose == "completion" else BY_FIELD) if url else None

    @property
    def destinations(self) -> str:
        """Return where text is sent, in words; "" if it stays on this machine."""
        servers = (self.server("completion"), self.server("chat"))
        return "; ".join(str(server) for server in servers if server)

    @property
    def hosts(self) -> dict[str, str]:
        """Return the host that text is sent to for each purpose that has a server."""
        servers = (self.server("completion"), self.server("chat"))
        return {server.purpose: server.host for server in servers if server}

    @property
    def mode(self) -> str:
        return str(self.values["completion.mode"])

    @property
    def excluded(self) -> tuple[str, ...]:
        """Return glob patterns of files that may not be read for context."""
        return tuple(self.values["context.exclude"])

    @property
    def uses_index(self) -> bool:
        return bool(self.values["context.enable"])

    @property
    def proposes_next_edits(self) -> bool:
        return bool(self.values["nextEdit.enable"])

    @property
    def sends_receipts(self) -> bool:
        return bool(self.values["context.receipts"])

    def serves(self, language_id: str) -> bool:
        """Return whether documents of this language get completions."""
        return self.enable and language_id not in self.values["disabledLanguages"]

    @property
    def assist(self) -> AssistSettings:
        return AssistSettings(self.values["chat.maxPromptTokens"], self.values["chat.maxTokens"])

    @property
    def completion(self) -> CompletionSettings:
        return CompletionSettings(
            confidence=self.values["completion.confidence"],
            eagerness=Eagerness(self.values["completion.eagerness"]),
            max_new_tokens=self.values["completion.maxTokens"],
            max_prompt_tokens=self.values["completion.maxPromptTokens"],
            use_context=self.values["context.enable"],
            excluded=self.excluded,
        )


def read_settings(raw: Any) -> tuple[Settings, list[str]]:
    """Return (settings, complaints) for what a client sent: nested or dotted, with or without the section's name.

    A setting with a wrong value keeps its default, and gets a complaint. Never raises.
    """
    if raw is None:
        return Settings(), []
    if not isinstance(raw, Mapping):
        return Settings(), ["settings must be an object; the defaults are used"]
    section = raw.get(SECTION, raw)
    if not isinstance(section, Mapping):
        return Settings(), [f"{SECTION} must be an object, not {section!r}; the defaults are used"]
    values = dict(Settings().values)
    complaints = []
    for name, value in _flatten(section):
        setting = _BY_NAME.get(name.removeprefix(f"{SECTION}."))
        if setting is None:
            close = difflib.get_close_matches(name, _BY_NAME, n=1)
            hint = f"; did you mean {SECTION}.{close[0]}?" if close else ""
            complaints.append(f"unknown setting {SECTION}.{name}{hint}")
        elif fault := setting.find_fault(value):
            complaints.append(f"{SECTION}.{setting.name} {fault}; the default {setting.default!r} is used")
        else:
            values[setting.name] = value
    return Settings(values), complaints


def has_our_settings(raw: Any) -> bool:
    """True if what a client sent holds our section or a setting of ours. Some send all they have, or nothing."""
    if not isinstance(raw, Mapping):
        return False
    return any(key == SECTION or key.startswith(f"{SECTION}.") or key.partition(".")[0] in _SECTIONS for key in raw)


def _flatten(section: Mapping[str, Any], at: str = "") -> list[tuple[str, Any]]:
    """Return (full name, value) pairs of a nested object, without those that only clients read (`server`, `trace`)."""
    pairs: list[tuple[str, Any]] = []
    for key, value in section.items():
        name = f"{at}{key}"
        if name in {"server", "trace"} or name.startswith(("server.", "trace.")):
            continue
        if isinstance(value, Mapping) and name.removeprefix(f"{SECTION}.") not in _BY_NAME:
            pairs += _flatten(value, f"{name}.")
        else:
            pairs.append((name, value))
    return pairs


def json_schema() -> dict[str, Any]:
    """Return a JSON Schema of the section, for clients and editors that check settings."""
    properties = {}
    for setting in SETTINGS:
        kind: Any = _JSON_TYPES[setting.kind]
        entry: dict[str, Any] = {"type": kind if setting.default is not None else [kind, "null"]}
        entry |= {"default": setting.default, "description": setting.description}
        if setting.low is not None:
            entry |= {"minimum": setting.low, "maximum": setting.high}
        if setting.choices:
            entry["enum"] = list(setting.choices)
        if setting.kind is list:
            entry["items"] = {"type": "string"}
        properties[f"{SECTION}.{setting.name}"] = entry
    return {"type": "object", "additionalProperties": False, "properties": properties}
