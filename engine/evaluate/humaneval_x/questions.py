"""How a model is asked for a solution, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from engine.completion.assemble import assemble
from engine.evaluate.humaneval_x.problems import Problem, Task
from engine.evaluate.humaneval_x.solution import Solution, is_answered, is_finished, read_chat_answer, read_continuation
from engine.model.folder import ModelDescription
from engine.model.protocol import StopRule, Tokenizer
from engine.prompt import system_prompts
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.prompt.templates import Contents, PromptEncoder
from engine.prompt.translation import translation_parts, translation_turns
from engine.types import Mode, ModelError

MIN_ANSWER_TOKENS = 64  # with less room than this for the answer, the question is too long for the model


class Style(Enum):
    """Whether a model is asked in a conversation, or continues the problem; AUTO asks those that can chat."""

    AUTO = "auto"
    CONTINUE = "continue"
    CHAT = "chat"


@dataclass(frozen=True)
class Question:
    """A question to a model. `read` turns the answer into a solution, `stop` tells when the solution is complete.

    `turns` is the conversation in `tokens`, if it is one that can be continued.
    """

    tokens: tuple[int, ...]
    stop: StopRule
    read: Callable[[str], Solution]
    turns: tuple[Turn, ...] = ()


def choose_style(description: ModelDescription, task: Task, wanted: Style) -> Style:
    """Return how a model is asked. Raises `ModelError` if it cannot be asked like that."""
    if task is Task.TRANSLATE:
        trained = description.translation == "code-translation" and "translate" in description.capabilities
        style = Style.CONTINUE if trained else Style.CHAT
    else:
        style = Style.CHAT if "chat" in description.capabilities else Style.CONTINUE
        style = style if wanted is Style.AUTO else wanted
    needed = {Style.CHAT: "chat", Style.CONTINUE: "translate" if task is Task.TRANSLATE else "complete"}[style]
    if needed not in description.capabilities:
        can = ", ".join(sorted(description.capabilities)) or "nothing"
        what = "translate" if task is Task.TRANSLATE else needed
        raise ModelError(f"the model {description.name} cannot {what} (it can: {can}); choose another with --model")
    return style


def make_question(
    description: ModelDescription,
    tokenizer: Tokenizer,
    task: Task,
    style: Style,
    problem: Problem,
    source: Problem | None = None,
) -> Question | None:
    """Return the question for `problem`; `source` is the same problem in the language to translate from.

    Returns None if the question leaves no room for an answer in the model's context.
    """
    room = description.context_length - MIN_ANSWER_TOKENS
    turns: tuple[Turn, ...] = ()
    if source is not None:
        code = f"{source.declaration}\n{source.canonical_solution.rstrip()}"
        parts = translation_parts(description, source.language, problem.language, code, problem.declaration)
        tokens = tuple(encode(tokenizer, parts))
        if style is Style.CHAT:
            turns = translation_turns(description, source.language, problem.language, code, problem.declaration)
    elif style is Style.CHAT:
        tokens = tuple(encode(tokenizer, chat_parts(description, _turns(description, problem))))
    else:
        shown, path = problem.shown(task), f"solution{problem.language.suffixes[0]}"
        if ends_stripped(description):
            shown = shown.rstrip()
        contents = Contents(path, problem.language, Mode.BLOCK, prefix=shown, suffix="")
        prompt = assemble(PromptEncoder(description, tokenizer), contents, room)
        if prompt.prefix_tokens < len(tokenizer.encode(shown)):
            return None
        tokens = prompt.tokens
    if len(tokens) > room:
        return None
    if style is Style.CHAT:
        return Question(tokens, is_answered, lambda text: read_chat_answer(problem, task, text), turns)
    end = "\n" if source is None and ends_stripped(description) else ""  # which the answer then begins with
    return Question(
        tokens,
        lambda text: is_finished(problem, task, text.removeprefix(end)),
        lambda text: read_continuation(problem, task, text.removeprefix(end)),
    )


def ends_stripped(description: ModelDescription) -> bool:
    """True if a problem is shown without the line end after its declaration.

    Most tokenizers join a line end with the indentation after it, so a model that continues a text has hardly ever
    read a line end alone before code. Published figures of such models are of stripped problems. A model that infills
    was trained on texts cut anywhere.
    """
    return "infill" not in description.capabilities


def _turns(description: ModelDescription, problem: Problem) -> list[Turn]:
    language, shown = problem.language, problem.shown(Task.GENERATE)
    question = Turn(
        "user",
        f"Complete this {language.name} function. Answer with the whole function in one block of code, without"
        f" explanation.\n\n```{language.id}\n{shown.strip()}\n```",
    )
    if description.translation != "codegeex4":
        return [question]
    return [Turn("system", system_prompts.system_prompt(system_prompts.Task.CHAT)), question]
