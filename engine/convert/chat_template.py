"""Runs a published chat template in a process of its own, and returns what it writes.

A template is a program from a stranger. Jinja's immutable sandbox keeps it from Python's objects; the process keeps it
from endless loops and from memory, which the sandbox does not bound. It is run when a checkpoint is converted, for a
few conversations of placeholders (`engine.prompt.rendered_chat`), and never again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from codegeex_lsp import HOME, process_command, process_environment
from engine.prompt.rendered_chat import CONVERSATIONS, OPTIONAL

TIMEOUT_SECONDS = 20.0
CPU_SECONDS = 10
MEMORY_BYTES = 2**30
MAX_TEMPLATE_CHARS = 200_000
MAX_RENDERED_CHARS = 20_000  # of one conversation


def render_conversations(template: str, variables: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what the template writes for each of `CONVERSATIONS`; None if it fails for one that every template knows.

    `variables` are those that templates use beside the messages, such as `bos_token`.
    """
    if len(template) > MAX_TEMPLATE_CHARS:
        return None
    conversations = {
        name: {"messages": [{"role": turn.role, "content": turn.text} for turn in turns], "add_generation_prompt": asks}
        for name, (turns, asks) in CONVERSATIONS.items()
    }
    wanted = json.dumps({"template": template, "variables": dict(variables), "conversations": conversations})
    try:
        done = subprocess.run(
            process_command("engine.convert.chat_template"),
            input=wanted.encode(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            cwd=HOME,
            env=process_environment(),
            check=False,
        )
        rendered = json.loads(done.stdout) if not done.returncode else {}
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return None
    return rendered if CONVERSATIONS.keys() - rendered.keys() <= OPTIONAL else None


def main(_: Sequence[str]) -> int:
    """Write to standard output what the template in standard input writes, as JSON. Run by `render_conversations`."""
    _bound_resources()
    wanted = json.load(sys.stdin)
    json.dump(_rendered(wanted["template"], wanted["variables"], wanted["conversations"]), sys.stdout)
    return 0


def _rendered(template: str, variables: Mapping[str, Any], conversations: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts by name, without the conversations that the template refuses."""
    from jinja2.exceptions import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Templates are written for an environment with these options and functions.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )

    def raise_exception(message: object) -> None:
        raise TemplateError(str(message))

    environment.globals["raise_exception"] = raise_exception
    environment.filters["tojson"] = json.dumps
    texts: dict[str, str] = {}
    try:
        compiled = environment.from_string(template)
    except Exception:  # noqa: BLE001 - a stranger's program may raise anything
        return texts
    for name, conversation in conversations.items():
        try:
            text = compiled.render(**variables, **conversation)
        except Exception:  # noqa: BLE001, S112 - likewise: this conversation is refused
            continue
        if len(text) <= MAX_RENDERED_CHARS:
            texts[name] = text
    return texts


def _bound_resources() -> None:
    """Let the system end this process if it takes too much time or memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's timeout is what is left
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
