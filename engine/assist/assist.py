"""From a request to its answer: gather, fit, generate, check, repair. Read it top to bottom.

`gather` runs in the thread that owns the indexes, `respond` in any other: it waits for the model for seconds.
"""

from __future__ import annotations

from dataclasses import replace

from engine.assist.answers import message_in, translation_ends, translation_in, why_no_message
from engine.assist.blocks import Kinship
from engine.assist.checks import (
    Fault,
    can_parse,
    comments_only_fault,
    parse_errors,
    parse_fault,
    swallowed_fault,
)
from engine.assist.choice import Choice, choose_code
from engine.assist.diffs import without_secrets
from engine.assist.edit import declaration_fault, place_code, selected_range
from engine.assist.fit import AssistPrompt, fit
from engine.assist.gather import Gathered
from engine.assist.loops import LoopFinder
from engine.assist.privacy import check_private, private_files
from engine.assist.refusal import refusal
from engine.assist.tasks import (
    COMMENTS_ONLY,
    GIVES_CODE,
    REPLACES,
    Answer,
    AnswerListener,
    AssistRequest,
    AssistSettings,
    AssistTask,
)
from engine.assist.thoughts import without_thoughts
from engine.assist.wording import sentence
from engine.generated import Generated
from engine.languages import Language, language_of
from engine.model.folder import ModelDescription
from engine.model.protocol import LanguageModel, Question
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.sandbox.compilers import compile_check
from engine.text import HALF_A_CHARACTER, with_lf
from engine.types import CancellationToken, EngineError, LostAnswerError, Priority


def check_request(request: AssistRequest) -> None:
    """Raises `EngineError`, in the request's language, if there is nothing to work on."""
    task, words = request.task, request.words
    if task is AssistTask.ASK and not request.question.strip():
        raise EngineError(sentence("no_question", words))
    if task is AssistTask.COMMIT and not request.diff.strip():
        raise EngineError(sentence("no_diff", words))
    if task in GIVES_CODE | {AssistTask.EXPLAIN} and not code_of(request).strip():
        raise EngineError(sentence("no_code", words))
    if task is AssistTask.EDIT and not request.question.strip():
        raise EngineError(sentence("no_instruction", words))
    if task is AssistTask.TRANSLATE:
        if not request.target:
            raise EngineError(sentence("no_target", words))
        target = language_of(request.target)
        if request.document and target.name == request.language.name:
            raise EngineError(sentence("same_language", words, language=target.name))


def code_of(request: AssistRequest) -> str:
    """Return what the request is about, with LF line ends: the selection, else the document; for COMMIT the diff.

    A selection is returned as the user made it. A diff is returned without secrets: the user may not know all of it.
    """
    if request.task is AssistTask.COMMIT:
        return without_secrets(with_lf(request.diff))
    if request.document is None or request.task is AssistTask.ASK:
        return ""
    start, end = request.selection or (0, len(request.document.text))
    return with_lf(request.document.text[start:end])


def respond(
    request: AssistRequest,
    gathered: Gathered,
    model: LanguageModel,
    settings: AssistSettings,
    cancellation: CancellationToken,
    listener: AnswerListener,
) -> Answer:
    """Return the answer. Blocks while the model generates it.

    Raises `Cancelled` within one decode step of `cancellation`, and `EngineError` if the model cannot do the task, if
    there is nothing to work on, or if the model was lost.
    """
    check_request(request)
    description = model.description
    if reason := refusal(request, description):
        raise EngineError(reason)
    if request.task is AssistTask.ASK and "chat" not in description.capabilities:
        return places_answer(request, gathered, description)
    check_private(request, description)
    code = code_of(request)
    if request.task is AssistTask.COMMIT and (hidden := private_files(request)):
        code = without_secrets(with_lf(request.diff), hidden)
        named = ", ".join(f"{name} ({reason})" for name, reason in hidden.items())
        notice = sentence("diff_hidden", request.words, names=named)
        gathered = replace(gathered, notices=(*gathered.notices, notice))
    prompt = fit(request, gathered, code, description, model.tokenizer, settings)
    listener.on_stage("answering")
    continues = not prompt.turns
    try:
        generated, repeats = _generate(model, prompt, prompt.tokens, cancellation, listener, continues=continues)
    except LostAnswerError as lost:
        if request.task not in {AssistTask.ASK, AssistTask.EXPLAIN}:
            raise  # half of some code, or of a message, is of no use
        return _broken_off(request, Answer(lost.partial.text, prompt.used, prompt.notices, is_cut_off=True), lost)
    answer = Answer(generated.text, prompt.used, prompt.notices, is_cut_off=not generated.stopped)
    if not generated.stopped:
        answer = _cut_off(request, answer, generated, repeats=repeats)
    if request.task is AssistTask.COMMIT:
        return _commit_message(request, answer)
    if request.task not in GIVES_CODE:
        return answer
    listener.on_stage("checking")
    answer, fault = _check(request, answer, continues=continues)
    cancellation.check()  # compilers take their time
    if fault is None or not fault.can_be_repaired or continues or not generated.stopped:
        return _warned(answer, fault)
    listener.on_stage("repairing")
    turns = (
        *prompt.turns,
        Turn("assistant", generated.text),
        Turn("user", sentence("repair", request.words, fault=fault.message)),
    )
    tokens = encode(model.tokenizer, chat_parts(description, turns))
    if len(tokens) + len(generated.tokens) > description.context_length:
        return _warned(answer, fault)
    try:
        again, repeats = _generate(model, prompt, tokens, cancellation, listener)
    except LostAnswerError as lost:
        return _broken_off(request, _warned(answer, fault), lost)
    repaired, left = _check(request, replace(answer, text=again.text), continues=False)
    cancellation.check()
    if not again.stopped:
        repaired = _cut_off(request, repaired, again, repeats=repeats)
    # The repaired answer counts, even if it has another fault.
    return _warned(repaired, left)


def _broken_off(request: AssistRequest, answer: Answer, lost: LostAnswerError) -> Answer:
    """Return the answer so far, with a notice that the rest was lost."""
    notice = sentence("broken_off", request.words, fault=str(lost))
    return replace(answer, notices=(*answer.notices, notice))


def places_answer(request: AssistRequest, gathered: Gathered, description: ModelDescription) -> Answer:
    """Return an answer without the model, which cannot converse: the places that match the question."""
    if not gathered.places:
        text = sentence("cannot_converse_nothing", request.words, name=description.name)
        return Answer(text, notices=gathered.notices, converses=False)
    lines = [
        f"- `{place.path}:{place.start_line + 1}`" + (f" `{place.symbol}`" if place.symbol else "")
        for place in gathered.places
    ]
    heading = sentence("cannot_converse", request.words, name=description.name)
    return Answer("\n".join((heading, "", *lines)), gathered.places, gathered.notices, converses=False)


def _generate(
    model: LanguageModel,
    prompt: AssistPrompt,
    tokens: tuple[int, ...] | list[int],
    cancellation: CancellationToken,
    listener: AnswerListener,
    *,
    continues: bool = False,
) -> tuple[Generated, bool]:
    """Generate an answer, and pass its text on as it comes. Return (the answer, whether it was stopped in a loop)."""
    passed_on, kept = "", None
    loops = LoopFinder(prompt.code, is_code=prompt.gives_code)

    def on_text(text: str) -> bool:
        nonlocal passed_on, kept
        if (kept := loops.find(text)) is not None:
            return True
        whole = text.rstrip(HALF_A_CHARACTER)
        if continues and translation_ends(text):
            return True
        # If the engine was lost the answer begins again: text that was passed on is not passed on twice.
        if len(whole) > len(passed_on) and whole.startswith(passed_on):
            listener.on_text(whole[len(passed_on) :])
            passed_on = whole
        return False

    room = min(prompt.max_new_tokens, model.description.context_length - len(tokens))
    question = Question(tokens, room, on_text, stable_tokens=len(tokens), priority=Priority.CHAT)
    generated = model.generate(question, cancellation)
    if kept is None:
        return generated, False
    return replace(generated, text=generated.text[:kept].rstrip(), stopped=False), True


def _check(request: AssistRequest, answer: Answer, *, continues: bool) -> tuple[Answer, Fault | None]:
    """Return the answer with its code and its edit, and the fault in them if there is one."""
    words = request.words
    language = language_of(request.target) if request.task is AssistTask.TRANSLATE else request.language
    choice = Choice(translation_in(answer.text)) if continues else _choose(request, answer.text, language)
    answer = replace(answer, code=choice.code, language=language.id, edit=None)
    if not choice.code.strip():
        return answer, Fault(sentence("answer_no_code", words))
    if choice.block and choice.block.is_diff and language.id not in {"diff", "patch"}:
        return answer, Fault(sentence("is_diff", words))
    if choice.block and choice.block.kinship(language) is Kinship.OTHER and (other := choice.block.language):
        return answer, Fault(sentence("other_language", words, found=other.name, wanted=language.name or language.id))
    if request.task in REPLACES:
        return _replacing(request, answer, choice, language)
    if not choice.block and not can_parse(language) and request.task is AssistTask.TESTS:
        return answer, Fault(sentence("answer_no_code", words))
    if fault := parse_fault(language, choice.code, words):
        return answer, fault
    if request.task is AssistTask.TRANSLATE:
        verdict = compile_check(language.id, choice.code)
        if verdict.fault:
            return answer, Fault(sentence("does_not_compile", words, compiler=verdict.compiler, message=verdict.fault))
    return answer, _doubt(request, choice)


def _choose(request: AssistRequest, text: str, language: Language) -> Choice:
    """Return the code of an answer, and whether it is sure that it is the one."""
    document = request.document
    old = with_lf(document.text[slice(*selected_range(request, document))]) if document else ""
    return choose_code(
        without_thoughts(text),
        language,
        "" if request.task is AssistTask.TRANSLATE else old,
        replaces=request.task in REPLACES,
        comments_count=request.task in COMMENTS_ONLY,
    )


def _doubt(request: AssistRequest, choice: Choice) -> Fault | None:
    """Return a fault if another block of the answer could be meant."""
    return None if choice.is_sure else Fault(sentence("several_blocks", request.words), can_be_repaired=False)


def _replacing(
    request: AssistRequest, answer: Answer, choice: Choice, language: Language
) -> tuple[Answer, Fault | None]:
    """Return the answer with the edit that replaces the selection, and the fault that it makes in the document."""
    document, words = request.document, request.words
    if document is None:
        return answer, None
    start, end = selected_range(request, document)
    text = document.text
    code, edit = place_code(document, start, end, choice.code, language)
    answer = replace(answer, code=code, edit=edit)
    before = with_lf(text)
    after = with_lf(text[:start] + edit.text + text[end:])
    if not choice.block and not can_parse(language):
        return answer, Fault(sentence("answer_no_code", words))  # it may be prose, and nothing can tell
    if fault := parse_fault(language, after, words, parse_errors(language, before)):
        if not choice.block:  # probably prose
            return replace(answer, code="", edit=None), Fault(sentence("answer_no_code", words))
        return answer, fault
    if request.task in COMMENTS_ONLY:
        return answer, comments_only_fault(language, before, after, words)
    after_edit = len(with_lf(text[end:]))
    fault = swallowed_fault(language, after, len(after) - after_edit, words)
    return answer, fault or _doubt(request, choice) or declaration_fault(document, edit, language, request)


def _commit_message(request: AssistRequest, answer: Answer) -> Answer:
    """Return the answer with the message alone as its text, and a warning if it is not to be inserted unseen."""
    message = message_in(answer.text)
    key = why_no_message(message)
    warnings = (*answer.warnings, sentence(key, request.words)) if key else answer.warnings
    return replace(answer, text=message or answer.text, warnings=warnings)


def _cut_off(request: AssistRequest, answer: Answer, generated: Generated, *, repeats: bool) -> Answer:
    """Mark an answer that ends too early. For what is inserted that is a warning: nobody applies half of it unseen."""
    key = "repeats_itself" if repeats else "cut_off"
    notice = sentence(key, request.words, count=len(generated.tokens))
    if request.task in GIVES_CODE | {AssistTask.COMMIT}:
        return replace(answer, warnings=(*answer.warnings, notice), is_cut_off=True)
    return replace(answer, is_cut_off=True, notices=(*answer.notices, notice))


def _warned(answer: Answer, fault: Fault | None) -> Answer:
    return replace(answer, warnings=(*answer.warnings, fault.message)) if fault else answer
