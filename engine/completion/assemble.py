"""Fits contents into a token budget, measured by the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.completion.frame import Frame, Layout
from engine.prompt.budget import fit_beginning, fit_end
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import Prompt, Snippet, SnippetUse

# Shares of the prompt; what they do not use goes to the prefix. The embedded model was trained with the same shares.
REFERENCE_SHARE = 0.4
SUFFIX_SHARE = 0.2
MAX_PATH_CHARS = 40  # of a path that would leave no room for code
RESERVE_TOKENS = 128  # some dozen lines that can be typed before a place must be laid out again


def assemble(encoder: PromptEncoder, contents: Contents, max_tokens: int, snippets: Sequence[Snippet] = ()) -> Prompt:
    """Return a prompt of at most `max_tokens` ids. `contents` have no references yet; `snippets` come best first.

    If the prefix must be cut, it begins with a whole line; a cut suffix ends with one.
    """
    frame = lay_out(encoder, contents, max_tokens, snippets, reserve=0)
    prompt = frame.prompt(contents.mode, contents.prefix, contents.suffix)
    return prompt or frame.whole(contents.mode, contents.prefix)


def lay_out(
    encoder: PromptEncoder,
    contents: Contents,
    max_tokens: int,
    snippets: Sequence[Snippet] = (),
    reserve: int = RESERVE_TOKENS,
) -> Frame:
    """Return a frame, for prompts that share their beginning: `reserve` tokens are left for what will be typed."""
    tokenizer, prefix, suffix = encoder.tokenizer, contents.prefix, contents.suffix
    empty = replace(contents, prefix="", suffix="")
    overhead = len(encoder.encode(empty))
    if overhead > max_tokens // 2:  # the path would leave less room than it takes
        empty = replace(empty, path=empty.path.rpartition("/")[2][-MAX_PATH_CHARS:])
        overhead = len(encoder.encode(empty))
    room = max(0, max_tokens - overhead)
    used: list[SnippetUse] = []
    reference_room = int(room * REFERENCE_SHARE)
    for snippet in snippets:
        tokens = len(encoder.encode(replace(empty, references=((snippet.path, snippet.text),)))) - overhead
        if tokens <= reference_room:
            used.append(SnippetUse(snippet, tokens))
            reference_room -= tokens
    room -= sum(use.tokens for use in used)
    used.reverse()  # the best stands last, nearest to the cursor
    shown_suffix, suffix_tokens = fit_beginning(
        tokenizer, suffix, int(room * SUFFIX_SHARE) if encoder.can_infill else 0
    )
    prefix_room = room - suffix_tokens
    shown_prefix, prefix_tokens = fit_end(tokenizer, prefix, prefix_room - min(reserve, prefix_room // 2))
    references = tuple((use.snippet.path, use.snippet.text) for use in used)
    shown = replace(empty, prefix=shown_prefix, suffix=shown_suffix, references=references)
    while (excess := len(encoder.encode(shown)) - max_tokens) > 0 and shown.prefix:
        # Adjacent texts may take more tokens than each of them alone.
        shown_prefix, prefix_tokens = fit_end(tokenizer, shown.prefix, max(0, prefix_tokens - excess))
        shown = replace(shown, prefix=shown_prefix)
    layout = Layout(
        shown,
        tuple(used),
        start=len(prefix) - len(shown.prefix),
        suffix_tokens=suffix_tokens,
        ends_with_file=not encoder.can_infill or len(shown_suffix) == len(suffix),
        max_tokens=max_tokens,
    )
    return Frame(encoder, layout)
