"""Contents into token ids, within the budget, measured by the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.languages import Language
from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.layout import Part
from engine.prompt.templates import Contents, prompt_parts
from engine.types import Mode, Prompt, Snippet, SnippetUse

# Shares of the prompt; what one does not use goes to the prefix. The embedded model was trained with the same.
REFERENCE_SHARE = 0.4
SUFFIX_SHARE = 0.2
MAX_PATH_CHARS = 40  # of a path that would not leave room for code
MAX_CHARS_PER_TOKEN = 8  # more text than this times the budget is never looked at


def assemble(
    description: ModelDescription,
    tokenizer: Tokenizer,
    language: Language,
    mode: Mode,
    path: str,
    prefix: str,
    suffix: str,
    snippets: Sequence[Snippet],
    max_tokens: int,
    repository: str = "",
) -> Prompt:
    """At most `max_tokens` ids. `prefix` and `suffix` have LF line ends; `snippets` come best first.

    The prefix begins at a line border where it must be cut, and the suffix ends at one. `repository` is the name of the
    folder that the paths are relative to: some models were trained with it.
    """
    can_infill = "infill" in description.capabilities
    empty = Contents(path, language, mode, prefix="", suffix="", repository=repository)

    def ids_of(contents: Contents) -> list[int]:
        return encode(tokenizer, prompt_parts(description, contents))

    overhead = len(ids_of(empty))
    if overhead > max_tokens // 2:  # a path longer than the code would have room
        empty = replace(empty, path=path.rpartition("/")[2][-MAX_PATH_CHARS:])
        overhead = len(ids_of(empty))
    room = max(0, max_tokens - overhead)
    used: list[SnippetUse] = []
    reference_room = int(room * REFERENCE_SHARE)
    for snippet in snippets:
        tokens = len(ids_of(replace(empty, references=((snippet.path, snippet.text),)))) - overhead
        if tokens <= reference_room:
            used.append(SnippetUse(snippet, tokens))
            reference_room -= tokens
    room -= sum(use.tokens for use in used)
    used.reverse()  # the best stands last, nearest to the cursor
    shown_suffix, suffix_tokens = _head(tokenizer, suffix, int(room * SUFFIX_SHARE) if can_infill else 0)
    shown_prefix, prefix_tokens = _tail(tokenizer, prefix, room - suffix_tokens)
    references = tuple((use.snippet.path, use.snippet.text) for use in used)
    contents = replace(empty, prefix=shown_prefix, suffix=shown_suffix, references=references)
    parts = prompt_parts(description, contents)
    ids = encode(tokenizer, parts)
    while (excess := len(ids) - max_tokens) > 0 and shown_prefix:
        # Texts that touch may take more tokens than each by itself.
        shown_prefix, prefix_tokens = _tail(tokenizer, shown_prefix, max(0, prefix_tokens - excess))
        parts = prompt_parts(description, replace(contents, prefix=shown_prefix))
        ids = encode(tokenizer, parts)
    behind = next(index for index, part in enumerate(parts) if part.ends_prefix) + 1
    prefix_end = len(ids) - len(encode(tokenizer, parts[behind:]))
    return Prompt(tuple(ids), mode, prefix_tokens, suffix_tokens, tuple(used), prefix_end)


def encode(tokenizer: Tokenizer, parts: Sequence[Part]) -> list[int]:
    """Token ids of a prompt. Each part is encoded by itself, as in training.

    A control token that the model does not have is text like any other, encoded together with what stands around it.
    """
    ids: list[int] = []
    run, joins = "", False
    for part in parts:
        control = tokenizer.control(part.text) if part.control else []
        if len(control) == 1:
            ids += [*tokenizer.encode(run), *control] if run else control
            run, joins = "", False
        elif part.control or joins:
            run, joins = run + part.text, part.control
        else:
            ids += tokenizer.encode(run) if run else []
            run = part.text
    return [*ids, *tokenizer.encode(run)] if run else ids


def _tail(tokenizer: Tokenizer, text: str, room: int) -> tuple[str, int]:
    """The longest run of whole last lines within `room` tokens; of a single longer line, its end."""
    text = text[max(0, len(text) - room * MAX_CHARS_PER_TOKEN) :]
    kept = text
    while (tokens := len(tokenizer.encode(kept))) > room:
        # Drop whole lines, in proportion to the excess, so that few rounds are needed.
        excess = max(1, int(len(kept) * (1 - room / tokens)))
        border = kept.find("\n", excess - 1)
        kept = kept[border + 1 :] if 0 <= border < len(kept) - 1 else kept[excess:]
    return kept, tokens


def _head(tokenizer: Tokenizer, text: str, room: int) -> tuple[str, int]:
    """The longest run of whole first lines within `room` tokens; of a single longer line, its beginning."""
    kept = text[: room * MAX_CHARS_PER_TOKEN]
    while (tokens := len(tokenizer.encode(kept))) > room:
        excess = max(1, int(len(kept) * (1 - room / tokens)))
        border = kept.rfind("\n", 0, len(kept) - excess)
        kept = kept[:border] if border > 0 else kept[: len(kept) - excess]
    return kept, tokens
