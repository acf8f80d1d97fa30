"""The prompts for translating code, as each family was trained to. `model.toml` names the form as `translation`.

`code-translation`: CodeGeeX and CodeGeeX2, as in their evaluation on HumanEval-X.
`codegeex4`: CodeGeeX4's system prompt and question. Any other model that can chat is asked in plain words.
"""

from __future__ import annotations

from engine.languages import Language
from engine.model.folder import ModelDescription
from engine.prompt.chat import Turn, chat_parts, code_block
from engine.prompt.layout import Part, Writer
from engine.prompt.system_prompts import Task, system_prompt
from engine.types import ModelError

_CODE_TRANSLATION = "<begin>{space}code translation\n{source}:\n{code}\n{target}:\n{declaration}"


def translation_parts(
    description: ModelDescription,
    source_language: Language,
    target_language: Language,
    code: str,
    target_declaration: str = "",
) -> tuple[Part, ...]:
    """Return the prompt for `code` in `target_language`. `target_declaration` is how the answer must begin, if known.

    With "code-translation" the answer goes on after the declaration; other models repeat it, maybe in a fence. Raises
    `ModelError` if the model can neither translate nor chat.
    """
    if description.translation == "code-translation" and "translate" in description.capabilities:
        writer = Writer({"begin": description.begin}, begins_with_space=description.begins_with_space)
        names = {"source": source_language.name, "target": target_language.name}
        writer.write(_CODE_TRANSLATION, {**names, "code": code.rstrip(), "declaration": target_declaration})
        return writer.parts()
    return chat_parts(
        description, translation_turns(description, source_language, target_language, code, target_declaration)
    )


def translation_turns(
    description: ModelDescription,
    source_language: Language,
    target_language: Language,
    code: str,
    target_declaration: str = "",
) -> tuple[Turn, ...]:
    """Return the same as a conversation. Raises `ModelError` if the model cannot chat."""
    if "chat" not in description.capabilities:
        can = ", ".join(sorted(description.capabilities)) or "nothing"
        raise ModelError(
            f"the model {description.name} cannot translate (it can: {can}); "
            "choose one that can translate or chat, such as CodeGeeX4, in codegeex.model"
        )
    source, target = source_language.name or "text", target_language.name
    begins = f"\nThe result begins with:\n{target_declaration}" if target_declaration else ""
    if description.translation == "codegeex4":
        question = (
            f"{code}\ntranslate the above code snippet into {target}, "
            f"only output the translation result, without explanation.{begins}"
        )
        return (Turn("system", system_prompt(Task.TRANSLATION, target=target)), Turn("user", question))
    question = f"Translate this {source} code into {target}. Answer with the code only, without explanation.{begins}"
    return (Turn("user", f"{question}\n\n{code_block(code, source_language.id)}"),)
