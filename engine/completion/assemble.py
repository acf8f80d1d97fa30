"""Contents into token ids, within the budget, measured by the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.completion.frame import Frame
from engine.languages import Language
from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.layout import encode
from engine.prompt.templates import Contents, prompt_parts
from engine.types import Mode, Prompt, Snippet, SnippetUse

# Shares of the prompt; what one does not use goes to the prefix. The embedded model was trained with the same.
REFERENCE_SHARE = 0.4
SUFFIX_SHARE = 0.2
MAX_PATH_CHARS = 40  # of a path that would not leave room for code
RESERVE_TOKENS = 128  # a dozen lines, before a place must be laid out anew
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
    frame = lay_out(
        description, tokenizer, language, mode, path, prefix, suffix, snippets, max_tokens, repository, reserve=0
    )
    return frame.prompt(mode, prefix, suffix) or frame.whole(mode, prefix)


def lay_out(
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
    reserve: int = RESERVE_TOKENS,
) -> Frame:
    """As `assemble`, for prompts that are to share a beginning: `reserve` tokens are left for what will be typed."""
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
    prefix_room = room - suffix_tokens
    shown_prefix, prefix_tokens = _tail(tokenizer, prefix, prefix_room - min(reserve, prefix_room // 2))
    references = tuple((use.snippet.path, use.snippet.text) for use in used)
    contents = replace(empty, prefix=shown_prefix, suffix=shown_suffix, references=references)
    while (excess := len(ids_of(contents)) - max_tokens) > 0 and contents.prefix:
        # Texts that touch may take more tokens than each by itself.
        shown_prefix, prefix_tokens = _tail(tokenizer, contents.prefix, max(0, prefix_tokens - excess))
        contents = replace(contents, prefix=shown_prefix)
    return Frame(
        description,
        tokenizer,
        contents,
        tuple(used),
        start=len(prefix) - len(contents.prefix),
        suffix_tokens=suffix_tokens,
        ends_with_file=not can_infill or len(shown_suffix) == len(suffix),
        max_tokens=max_tokens,
    )


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
