"""Finds the solution in a model's answer: where the function ends, and when nothing more has to be generated.

Base models continue the prompt. Their solution ends where the function does: in Python before the first line that is
not indented, in the other languages at the brace that closes it. Chat models answer with prose and a fenced block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.evaluate.humaneval_x.problems import Problem, Task

FENCE = re.compile(r"^([ \t]*)```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
CLOSED_FENCES = 2

# Strings and comments, in which a brace does not count, then braces. What is still open at the end of the text runs to
# its end: while a model is writing, the brace inside a half-written string must not end the function.
_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_STRING = r'"(?:\\.|[^"\\\n])*(?:"|\\?\Z|(?=\n))'
_QUOTED = r"'(?:\\.|[^'\\\n])*(?:'|\\?\Z|(?=\n))"
_NOT_CODE = {
    "cpp": (r'R"(?P<mark>[^\s()\\]{0,16})\(.*?(?:\)(?P=mark)"|\Z)', _COMMENT, _STRING, _QUOTED),
    "java": (r'""".*?(?:"""|\Z)', _COMMENT, _STRING, _QUOTED),
    "js": (
        _COMMENT, r"`(?:\\.|[^`\\])*(?:`|\\?\Z)", _STRING, _QUOTED,
        r"(?:[(,=:\[!&|?;+]|\breturn)\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/",
    ),
    "go": (_COMMENT, r"`[^`]*(?:`|\Z)", _STRING, _QUOTED),
    # A single quote begins a lifetime, not a character.
    "rust": (
        r'\bb?r(?P<mark>#*)".*?(?:"(?P=mark)|\Z)', _COMMENT, r'"(?:\\.|[^"\\])*(?:"|\\?\Z)',
        r"'(?:\\[^\n']+'|\\''|[^'\\\n]'|[^'\w\n]?\Z)",
    ),
}  # fmt: skip
_TOKENS = {name: re.compile("|".join((*skipped, r"(?P<brace>[{}])")), re.DOTALL) for name, skipped in _NOT_CODE.items()}

# The definition of a function, with its name in a group.
_CALLABLE = r"\b(?!(?:if|for|while|switch|catch|return)\b)(\w+)\s*\([^;{}]*\)[^;{}()]*\{"
_NAMES = {
    "python": r"\bdef (\w+)", "cpp": _CALLABLE, "java": _CALLABLE, "go": r"\bfunc (\w+)", "rust": r"\bfn (\w+)",
    "js": r"\b(?:const|let|var|function) (\w+)(?=\s*(?:=\s*(?:async\b|function\b|\()|\())",
}  # fmt: skip
_NAME = {name: re.compile(pattern) for name, pattern in _NAMES.items()}
_SIGNATURE = dict.fromkeys(_NAMES, re.compile(r"(?:[^{}]|\{\s*\})*\{")) | {  # Go has interface{}
    "python": re.compile(r".*?\)\s*(?:->[^:]*)?:[ \t]*\n?", re.DOTALL)
}
_USE = re.compile(r"^use ([^;]*);", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import|from|#|using|use)\b[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True)
class Solution:
    """A solution. The program's text is `before`, which is the prompt or what the answer replaces it with, then
    `code`.
    """

    before: str
    code: str


def is_finished(problem: Problem, task: Task, text: str) -> bool:
    """True if the continuation `text` has left the function."""
    return _find_end(problem, problem.shown(task), text) is not None


def is_answered(text: str) -> bool:
    """True if a chat model's answer has closed its first fenced block."""
    return len(re.findall(r"^[ \t]*```", text, re.MULTILINE)) >= CLOSED_FENCES


def read_continuation(problem: Problem, task: Task, text: str) -> Solution:
    """Return the solution in a base model's continuation: cut at the function's end, and closed (Java's is inside a
    class).
    """
    before = problem.shown(task)
    return Solution(before, _cut(problem, before, text))


def read_chat_answer(problem: Problem, task: Task, text: str) -> Solution:
    """Return the solution in a chat model's answer: in its first fenced block that defines the function, or in all of
    it.

    The model's own signature replaces the prompt's, with the code above it (imports, further functions). An answer
    without a signature continues the prompt.
    """
    # A fence within a list is indented, and its lines are indented with it.
    blocks = [re.sub(rf"(?m)^{indent}", "", block) for indent, block in FENCE.findall(text)] or [text]
    for block in blocks:
        headers = _headers(problem, block)
        if not headers:
            continue
        function = block[headers[0].start() :]
        signature = _SIGNATURE[problem.name].match(function)
        opening = signature.end() if signature else 0
        before = _code_above(problem, task, block[: headers[0].start()]) + function[:opening]
        return Solution(before, _cut(problem, before, function[opening:]))
    return read_continuation(problem, task, blocks[0])


def _cut(problem: Problem, before: str, text: str) -> str:
    end = _find_end(problem, before, text)
    if end is None:
        return text
    depth = _depth(problem.name, before) - 1 if problem.name == "java" else 0
    return text[:end] + "\n}" * depth


def _find_end(problem: Problem, before: str, text: str) -> int | None:
    """Return where in `text`, which continues `before`, the function ends, or None if it does not."""
    if problem.name == "python":
        at = 0 if before.endswith("\n") else text.find("\n") + 1 or len(text)
        for line in text[at:].splitlines(keepends=True):
            if line.strip() and line[0] not in " \t":
                return at
            at += len(line)
        return None
    depth = _depth(problem.name, before)
    left = max(1, depth) - 1  # nothing is open if a declaration has lost its brace: the function's own is still to come
    for token in _TOKENS[problem.name].finditer(text):
        if token["brace"] == "{":
            depth += 1
        elif token["brace"]:
            depth -= 1
            if depth <= left:
                return token.end()
    return None


def _depth(name: str, text: str) -> int:
    braces = [token["brace"] for token in _TOKENS[name].finditer(text)]
    return braces.count("{") - braces.count("}")


def _code(name: str, text: str) -> str:
    """Return `text` with spaces in place of comments and strings, which may hold examples of what is searched for."""
    if name == "python":
        return text
    return _TOKENS[name].sub(lambda token: token[0] if token["brace"] else re.sub(r"[^\n]", " ", token[0]), text)


def _headers(problem: Problem, text: str) -> list[re.Match[str]]:
    """Return the lines of `text` that define the function asked for: the last one that its declaration opens."""
    name = _NAME[problem.name].findall(problem.declaration)[-1]
    call = rf"^[^\n/;=()]*\b{name}\s*\([^;{{}}]*\)[^;{{}}()]*\{{"
    patterns = {
        "python": rf"^(?:async )?def {name}\b",
        "cpp": call,
        "java": call,
        "js": rf"^[^\n/]*\b(?:(?:const|let|var)\s+{name}\s*=|function\s+{name}\b)",
        "go": rf"^func {name}\b",
        "rust": rf"^[^\n/]*\bfn {name}\b",
    }
    return list(re.finditer(patterns[problem.name], _code(problem.name, text), re.MULTILINE))


def _code_above(problem: Problem, task: Task, above: str) -> str:
    """Return the code above a model's own signature: the given lines and the model's, none of them twice."""
    shown = problem.shown(task)
    given = shown[: _headers(problem, shown)[-1].start()]
    if problem.name == "rust":
        return given + _without_uses_of(given, above)
    names = set(_NAME[problem.name].findall(_code(problem.name, given)))
    if problem.name == "java":
        above = above.replace("public class Solution", "class Solution")
        names.add("class Solution")
    if all(re.search(rf"\b{name}\b", above) for name in names):
        imports = _IMPORT.findall(given) if problem.name in {"python", "cpp"} else []
        return "".join(imports) + above
    return "".join(_IMPORT.findall(above)) + given if problem.name == "java" else given + above


def _without_uses_of(given: str, above: str) -> str:
    """Return `above` without the Rust imports of names that `given` imports: the compiler accepts no name twice."""
    known = {_used_name(path) for use in _USE.finditer(given) for path in _used_paths(use[1])}

    def new_part(use: re.Match[str]) -> str:
        return " ".join(f"use {path};" for path in _used_paths(use[1]) if _used_name(path) not in known)

    return _USE.sub(new_part, above)


def _used_paths(tree: str) -> list[str]:
    """Return the paths of a `use` tree: `a::{b, c::{d as e}}` as `a::b` and `a::c::d as e`."""
    branch = re.search(r"\{([^{}]*)\}", tree)
    if branch is None:
        return [path.strip() for path in tree.split(",") if path.strip()]
    at = max(tree.rfind(separator, 0, branch.start()) for separator in ",{") + 1
    stem = tree[at : branch.start()].strip()
    leaves = ", ".join(stem + leaf.strip() for leaf in branch[1].split(",") if leaf.strip())
    return _used_paths(tree[:at] + leaves + tree[branch.end() :])


def _used_name(path: str) -> str:
    return path.removesuffix("::self").replace(" as ", "::").rpartition("::")[2].strip()
