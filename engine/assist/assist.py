"""One request, from what is asked to what is shown: gather, fit, say, check, repair. Read it top to bottom.

`gather` belongs to the thread that owns the indexes, `respond` to any other: it waits for the model for seconds.
"""

from __future__ import annotations

from dataclasses import replace

from engine.assist.answers import code_in, has_block, like, translation_ends, translation_in
from engine.assist.checks import (
    Fault,
    can_parse,
    comments_only_fault,
    parse_errors,
    parse_fault,
    swallowed_fault,
)
from engine.assist.diffs import without_secrets
from engine.assist.fit import AssistPrompt, fit
from engine.assist.gather import Gathered
from engine.assist.refusal import refusal
from engine.assist.tasks import (
    COMMENTS_ONLY,
    GIVES_CODE,
    REPLACES,
    Answer,
    AssistRequest,
    AssistSettings,
    AssistTask,
    Edit,
    Watcher,
)
from engine.assist.wording import say
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
    """Raises `EngineError`, in the request's language, where there is nothing to work on."""
    task, words = request.task, request.words
    if task is AssistTask.ASK and not request.question.strip():
        raise EngineError(say("no_question", words))
    if task is AssistTask.COMMIT and not request.diff.strip():
        raise EngineError(say("no_diff", words))
    if task in GIVES_CODE | {AssistTask.EXPLAIN} and not code_of(request).strip():
        raise EngineError(say("no_code", words))
    if task is AssistTask.EDIT and not request.question.strip():
        raise EngineError(say("no_instruction", words))
    if task is AssistTask.TRANSLATE:
        if not request.target:
            raise EngineError(say("no_target", words))
        target = language_of(request.target)
        if request.document and target.name == request.language.name:
            raise EngineError(say("same_language", words, language=target.name))


def code_of(request: AssistRequest) -> str:
    """What the request is about: the selection, or else the document; the diff of a commit message. LF line ends.

    A selection is as the person made it; a diff, of which they may not know all, is without its secrets.
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
    watcher: Watcher,
) -> Answer:
    """The answer. Blocks while the model speaks.

    Raises `Cancelled` within one decode step of `cancellation`, and `EngineError` where the model cannot do this, there
    is nothing to work on, or the model was lost.
    """
    check_request(request)
    description = model.description
    if reason := refusal(request, description):
        raise EngineError(reason)
    if request.task is AssistTask.ASK and "chat" not in description.capabilities:
        return places_answer(request, gathered, description)
    code = code_of(request)
    prompt = fit(request, gathered, code, description, model.tokenizer, settings)
    watcher.on_stage("answering")
    continues = not prompt.turns
    try:
        said = _say(model, prompt, prompt.tokens, cancellation, watcher, continues=continues)
    except LostAnswerError as lost:
        if request.task not in {AssistTask.ASK, AssistTask.EXPLAIN}:
            raise  # half of a code or of a message is nothing to put anywhere
        return _broken_off(request, Answer(lost.partial.text, prompt.used, prompt.notices, is_cut_off=True), lost)
    answer = Answer(said.text, prompt.used, prompt.notices, is_cut_off=not said.stopped)
    if not said.stopped:
        answer = _cut_off(request, answer, said)
    if request.task not in GIVES_CODE:
        return answer
    watcher.on_stage("checking")
    answer, fault = _read(request, answer, continues=continues)
    cancellation.check()  # compilers take their time
    if fault is None or not fault.can_be_repaired or continues or not said.stopped:
        return _warned(answer, fault)
    watcher.on_stage("repairing")
    turns = (
        *prompt.turns,
        Turn("assistant", said.text),
        Turn("user", say("repair", request.words, fault=fault.message)),
    )
    tokens = encode(model.tokenizer, chat_parts(description, turns))
    if len(tokens) + len(said.tokens) > description.context_length:
        return _warned(answer, fault)
    try:
        again = _say(model, prompt, tokens, cancellation, watcher)
    except LostAnswerError as lost:
        return _broken_off(request, _warned(answer, fault), lost)
    repaired, left = _read(request, replace(answer, text=again.text), continues=False)
    cancellation.check()
    if not again.stopped:
        repaired = _cut_off(request, repaired, again)
    # A second answer that is worse in another way is still the one that was asked for last.
    return _warned(repaired, left)


def _broken_off(request: AssistRequest, answer: Answer, lost: LostAnswerError) -> Answer:
    """What there is of an answer, and that the rest was lost."""
    notice = say("broken_off", request.words, fault=str(lost))
    return replace(answer, notices=(*answer.notices, notice))


def places_answer(request: AssistRequest, gathered: Gathered, description: ModelDescription) -> Answer:
    """What a model that cannot converse leaves: where to look. Nothing in it is the model's."""
    if not gathered.places:
        text = say("cannot_converse_nothing", request.words, name=description.name)
        return Answer(text, notices=gathered.notices, converses=False)
    lines = [
        f"- `{place.path}:{place.start_line + 1}`" + (f" `{place.symbol}`" if place.symbol else "")
        for place in gathered.places
    ]
    sentence = say("cannot_converse", request.words, name=description.name)
    return Answer("\n".join((sentence, "", *lines)), gathered.places, gathered.notices, converses=False)


def _say(
    model: LanguageModel,
    prompt: AssistPrompt,
    tokens: tuple[int, ...] | list[int],
    cancellation: CancellationToken,
    watcher: Watcher,
    *,
    continues: bool = False,
) -> Generated:
    """Lets the model speak, and passes on what it says as it comes."""
    told = ""

    def heard(text: str) -> bool:
        nonlocal told
        whole = text.rstrip(HALF_A_CHARACTER)
        if continues and translation_ends(text):
            return True
        # After the engine was lost the answer begins anew: what was told already is not told again.
        if len(whole) > len(told) and whole.startswith(told):
            watcher.on_text(whole[len(told) :])
            told = whole
        return False

    room = min(prompt.max_new_tokens, model.description.context_length - len(tokens))
    question = Question(tokens, room, heard, stable_tokens=len(tokens), priority=Priority.CHAT)
    return model.generate(question, cancellation)


def _read(request: AssistRequest, answer: Answer, *, continues: bool) -> tuple[Answer, Fault | None]:
    """The answer with its code and its edit, and what is wrong with them."""
    words = request.words
    language = language_of(request.target) if request.task is AssistTask.TRANSLATE else request.language
    code = translation_in(answer.text) if continues else code_in(answer.text, language)
    answer = replace(answer, code=code, language=language.id, edit=None)
    if not code.strip():
        return answer, Fault(say("answer_no_code", words))
    if request.task in REPLACES:
        return _replacing(request, answer, language)
    if not has_block(answer.text) and not can_parse(language) and request.task is AssistTask.TESTS:
        return answer, Fault(say("answer_no_code", words))
    if fault := parse_fault(language, code, words):
        return answer, fault
    if request.task is AssistTask.TRANSLATE:
        verdict = compile_check(language.id, code)
        if verdict.fault:
            return answer, Fault(say("does_not_compile", words, compiler=verdict.compiler, message=verdict.fault))
    return answer, None


def _replacing(request: AssistRequest, answer: Answer, language: Language) -> tuple[Answer, Fault | None]:
    """The edit that puts the code in the selection's place, judged in the whole document."""
    document = request.document
    if document is None:
        return answer, None
    start, end = request.selection or (0, len(document.text))
    text = document.text
    head = text[text.rfind("\n", 0, start) + 1 : start]
    if not head.strip():  # a selection that begins behind the indentation
        start -= len(head)
    original = with_lf(text[start:end])
    code = like(answer.code, original)
    ends = "\r\n" if "\r\n" in text else "\n"
    edit = Edit(start, end, code.replace("\n", ends))
    answer = replace(answer, code=code, edit=edit)
    before = with_lf(text)
    after = with_lf(text[:start] + edit.text + text[end:])
    if not has_block(answer.text) and not can_parse(language):
        return answer, Fault(say("answer_no_code", request.words))  # it may be a sentence: nothing can tell
    if fault := parse_fault(language, after, request.words, parse_errors(language, before)):
        if not has_block(answer.text):  # a sentence, it seems
            return replace(answer, code="", edit=None), Fault(say("answer_no_code", request.words))
        return answer, fault
    if request.task in COMMENTS_ONLY:
        return answer, comments_only_fault(language, before, after, request.words)
    behind = len(with_lf(text[end:]))
    return answer, swallowed_fault(language, after, len(after) - behind, request.words)


def _cut_off(request: AssistRequest, answer: Answer, said: Generated) -> Answer:
    """Says that an answer ends too early: half of some code is not to take the place of the whole unlooked at."""
    sentence = say("cut_off", request.words, count=len(said.tokens))
    if request.task in GIVES_CODE:
        return replace(answer, warnings=(*answer.warnings, sentence), is_cut_off=True)
    return replace(answer, is_cut_off=True, notices=(*answer.notices, sentence))


def _warned(answer: Answer, fault: Fault | None) -> Answer:
    return replace(answer, warnings=(*answer.warnings, fault.message)) if fault else answer
