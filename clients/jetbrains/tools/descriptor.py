"""Check plugin.xml against the plugin's classes and messages."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from class_files import Classes
from kotlin import CLIENT, CORE, PLATFORM, PLUGIN

RESOURCES = CLIENT / "resources"
DESCRIPTORS = sorted((RESOURCES / "META-INF").glob("*.xml"))
# Which type the class in an element's attribute (or text) must have.
TYPES = {
    (
        "inline.completion.provider",
        "implementation",
    ): "com/intellij/codeInsight/inline/completion/InlineCompletionProvider",
    ("toolWindow", "factoryClass"): "com/intellij/openapi/wm/ToolWindowFactory",
    ("statusBarWidgetFactory", "implementation"): "com/intellij/openapi/wm/StatusBarWidgetFactory",
    ("applicationConfigurable", "instance"): "com/intellij/openapi/options/Configurable",
    ("action", "class"): "com/intellij/openapi/actionSystem/AnAction",
    ("className", ""): "com/intellij/codeInsight/intention/IntentionAction",
}
# An id that code repeats: where, as a literal in a class.
REPEATED_IDS = {
    "inline.completion.provider": "codegeex/jetbrains/ProviderKt",
    "toolWindow": "codegeex/jetbrains/AskToolWindowKt",
    "statusBarWidgetFactory": "codegeex/jetbrains/StatusWidgetFactory",
    "notificationGroup": "codegeex/jetbrains/IdeHost",
}


def messages(suffix: str = "") -> dict[str, str]:
    """Return the messages of a language."""
    text = (RESOURCES / f"messages/CodegeexBundle{suffix}.properties").read_text(encoding="utf-8")
    pairs = (line.split("=", 1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def faults() -> Iterator[str]:
    """Yield what does not fit."""
    ours, all_classes = Classes([PLUGIN.out, CORE.out]), Classes([PLUGIN.out, CORE.out, PLATFORM.out])
    elements = [element for file in DESCRIPTORS for element in ET.parse(file).iter()]  # noqa: S314 - our own
    words, chinese = messages(), messages("_zh")
    for element in elements:
        for (tag, attribute), wanted in TYPES.items():
            if element.tag != tag:
                continue
            name = (element.get(attribute, "") if attribute else element.text or "").replace(".", "/")
            if ours.get(name) is None:
                yield f"{tag}: no class {name}"
            elif not all_classes.is_a(name, wanted):
                yield f"{tag}: {name} is no {wanted}"
        if (place := REPEATED_IDS.get(element.tag)) and not (
            (found := ours.get(place)) and element.get("id") in found.texts
        ):
            yield f"{element.tag}: {place} has another id than {element.get('id')}"
        if element.tag in {"action", "group"} and f"{element.tag}.{element.get('id')}.text" not in words:
            yield f"{element.tag} {element.get('id')} has no text"
        if (icon := element.get("icon")) and not (RESOURCES / icon.lstrip("/")).exists():
            yield f"{element.tag}: no icon {icon}"
    for key in words.keys() ^ chinese.keys():
        yield f"message {key} is in one language only"
    for key in words.keys() & chinese.keys():
        if set(re.findall(r"\{\d}", words[key])) != set(re.findall(r"\{\d}", chinese[key])):
            yield f"message {key} has other places to fill in Chinese"
    used = {text for each in ours for text in each.texts}
    listed = {key for key in words if not key.startswith(("action.", "group.", "toolwindow."))}
    built = re.compile(r"(ask|task|remedy)\.\w+")  # put together in code
    for key in sorted(listed - used):
        if not built.match(key):
            yield f"message {key} is not used"
    for text in sorted(used):
        if (
            re.fullmatch(
                r"(ask|settings|status|menu|why|trouble|remedy|edit|review|task|mention|silence)\.[\w.]+", text
            )
            and text not in words
        ):
            yield f"message {text} does not exist"


def core_faults() -> Iterator[str]:
    """Yield each reference to the platform from what must not know it."""
    for each in Classes([CORE.out]):
        for owner, _ in each.references:
            if owner.startswith("com/intellij/"):
                yield f"{each.name} refers to {owner}"


def main() -> bool:
    found = [*faults(), *core_faults()]
    for fault in found:
        print(f"  {fault}")
    print(f"{len(DESCRIPTORS)} descriptors, {len(found)} faults")
    return not found


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
