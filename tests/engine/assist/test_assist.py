"""Each task from the request to what is shown, with a model that says what the test tells it to."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from engine.assist import assist
from engine.assist.gather import Gathered, gather
from engine.assist.tasks import AnswerListener, AssistRequest, AssistSettings, AssistTask, Edit
from engine.sandbox.compilers import Verdict
from engine.types import CancellationToken, Cancelled, EngineError, Priority
from tests.engine.assist.speaking import CODEGEEX4, ChatModel, answered, asked, document
from tests.scripted import ScriptedModel

CODE = "def add(a, b):\n    return a + b\n"
COMMENTED = '```python\ndef add(a, b):\n    """Adds."""\n    return a + b  # the sum\n```'


@pytest.fixture(autouse=True)
def no_compilers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist, "compile_check", lambda *_: Verdict())


def test_an_answer_streams_and_lists_its_sources() -> None:
    model, heard = ChatModel("It adds two numbers."), []
    request = replace(asked(AssistTask.ASK, CODE), question="What does add do?")
    answer = answered(request, model, heard.append)
    assert answer.text == "".join(heard) == "It adds two numbers."
    assert len(heard) > 3
    assert [(source.path, source.reason) for source in answer.sources] == [("main.py", "the file being edited")]
    assert model.priorities == [Priority.CHAT]


def test_comments_become_an_edit_of_the_selection() -> None:
    text = "import os\n\n\n" + CODE + "\nx = 1\n"
    at = text.index("def")
    answer = answered(asked(AssistTask.COMMENT, text, selection=(at, at + len(CODE))), ChatModel(COMMENTED))
    assert answer.warnings == ()
    assert answer.edit == Edit(at, at + len(CODE), 'def add(a, b):\n    """Adds."""\n    return a + b  # the sum\n')


def test_a_method_given_back_without_its_indentation_gets_it_again() -> None:
    text = "class A:\r\n    def f(self):\r\n        return 1\r\n"
    at = text.index("def")
    model = ChatModel("```python\ndef f(self):\n    # one\n    return 1\n```")
    answer = answered(asked(AssistTask.COMMENT, text, selection=(at, len(text))), model)
    assert answer.edit == Edit(at - 4, len(text), "    def f(self):\r\n        # one\r\n        return 1\r\n")
    assert not answer.warnings


def test_code_that_was_changed_is_repaired_once_with_the_fault_in_the_prompt() -> None:
    model, stages = ChatModel(COMMENTED.replace("a + b", "a - b"), COMMENTED), []
    answer = answered(asked(AssistTask.COMMENT, CODE), model, stages=stages)
    assert stages == ["answering", "checking", "repairing"]
    assert "The result changes more than comments: in line 3, '+' became '-'." in model.prompts[1]
    assert answer.warnings == ()
    assert "a + b  # the sum" in answer.code


def test_what_cannot_be_repaired_is_shown_with_the_warning() -> None:
    model = ChatModel(COMMENTED.replace("a + b", "a - b"))
    answer = answered(asked(AssistTask.COMMENT, CODE, words="zh"), model)
    assert len(model.prompts) == 2
    assert answer.warnings == ("改动不止于注释：结果第 3 行，'+' 变成了 '-'。",)
    assert answer.edit


def test_a_fix_is_told_the_diagnostic_and_must_parse() -> None:
    model = ChatModel("```python\ndef add(a, b):\n    return (a + b\n```", "```python\n" + CODE + "```")
    answer = answered(asked(AssistTask.FIX, CODE.replace("b)", "c)"), question='"b" is not defined'), model)
    assert 'The problem to fix: "b" is not defined' in model.prompts[0]
    assert "Line 2 of the result is not valid Python" in model.prompts[1]
    assert (answer.code, answer.warnings) == (CODE, ())


def test_a_translation_is_compiled_and_its_error_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = iter([Verdict("javac", "line 1: ';' expected"), Verdict("javac")])
    monkeypatch.setattr(assist, "compile_check", lambda *_: next(verdicts))
    model = ChatModel("```java\nint add(int a, int b) { return a; }\n```", "```java\nint f() { return 1; }\n```")
    answer = answered(asked(AssistTask.TRANSLATE, CODE, target="java"), model)
    assert "translate the above code snippet into Java, only output" in model.prompts[0]
    assert "javac does not accept the result: line 1: ';' expected" in model.prompts[1]
    assert (answer.code, answer.language, answer.edit) == ("int f() { return 1; }", "java", None)


def test_a_model_that_only_translates_goes_on_below_the_code() -> None:
    codegeex = replace(CODEGEEX4, translation="code-translation", capabilities=frozenset({"complete", "translate"}))
    model = ChatModel("int f() { return 1; }\nPython:\ndef f(): pass", description=codegeex)
    answer = answered(asked(AssistTask.TRANSLATE, CODE, target="java"), model)
    assert answer.code == "int f() { return 1; }"
    assert len(model.prompts) == 1


def test_a_commit_message_is_for_the_diff() -> None:
    model = ChatModel("Add two numbers")
    answer = answered(AssistRequest(AssistTask.COMMIT, diff="+def add(a, b):"), model)
    assert "```diff\n+def add(a, b):\n```\nWrite the commit message" in model.prompts[0]
    assert answer.text == "Add two numbers"


def test_the_instruction_of_an_edit_is_followed() -> None:
    model = ChatModel("```python\ndef add(a, b, c):\n    return a + b + c\n```")
    answer = answered(asked(AssistTask.EDIT, CODE, question="Take three numbers"), model)
    assert "Take three numbers\nChange this code accordingly." in model.prompts[0]
    assert answer.code == "def add(a, b, c):\n    return a + b + c\n"


def test_an_answer_without_code_is_a_fault() -> None:
    answer = answered(asked(AssistTask.TESTS, CODE), ChatModel("I would rather not."))
    assert answer.warnings[0].startswith("Line 1 of the result is not valid Python")


def test_an_answer_that_is_cut_off_says_so() -> None:
    request = AssistRequest(AssistTask.ASK, question="Count")
    answer = answered(request, ChatModel("one two three four five six"), settings=AssistSettings(4000, 5))
    assert answer.is_cut_off
    assert answer.notices == ("The answer reached the limit of 5 tokens and is cut off.",)


def test_code_that_is_cut_off_is_not_put_in_place_without_a_warning() -> None:
    request = asked(AssistTask.FIX, CODE * 3, question="slow")
    answer = answered(
        request,
        ChatModel("```python\n" + "".join(f"x{number} = 1\n" for number in range(200))),
        settings=AssistSettings(4000, 20),
    )
    assert answer.is_cut_off
    assert "is cut off" in answer.warnings[0]


def test_a_repair_that_is_cut_off_says_so() -> None:
    broken = "```python\ndef add(a, b:\n```"
    model = ChatModel(broken, "```python\n" + "x = 1\n" * 200)
    answer = answered(asked(AssistTask.FIX, CODE, question="slow"), model, settings=AssistSettings(4000, 20))
    assert answer.is_cut_off
    assert "is cut off" in answer.warnings[0]


def test_a_repair_without_code_leaves_no_edit_of_the_first_answer() -> None:
    model = ChatModel("```python\ndef add(a, b:\n```", "```\n```")
    answer = answered(asked(AssistTask.FIX, CODE, question="slow"), model)
    assert (answer.edit, answer.code, answer.warnings) == (None, "", ("The answer contains no code.",))


def test_what_cannot_be_proven_is_not_asked_for_again() -> None:
    model = ChatModel("```ruby\nx = 1 # one\n```")
    answer = answered(asked(AssistTask.COMMENT, "x = 1\n", language="ruby"), model)
    assert len(model.prompts) == 1
    assert "cannot be proven for Ruby" in answer.warnings[0]


def test_a_sentence_does_not_take_the_place_of_code_that_no_grammar_reads() -> None:
    answer = answered(asked(AssistTask.FIX, "x = 1\n", language="ruby", question="slow"), ChatModel("I cannot."))
    assert answer.warnings == ("The answer contains no code.",)


def test_a_sentence_does_not_take_the_place_of_code() -> None:
    answer = answered(asked(AssistTask.FIX, CODE, question="slow"), ChatModel("I had rather not.", "I cannot."))
    assert (answer.edit, answer.code, answer.warnings) == (None, "", ("The answer contains no code.",))


def test_a_comment_at_the_end_of_an_answer_does_not_swallow_the_rest_of_the_line() -> None:
    text = "x = f(1) + g(2)\n"
    request = asked(AssistTask.EDIT, text, selection=(4, 8), question="Call h")
    assert "the rest of its line into a comment: + g(2)" in answered(request, ChatModel("h(1)  # h")).warnings[0]
    assert answered(request, ChatModel("h(1)")).warnings == ()


@pytest.mark.parametrize("verdicts", [[Verdict("javac")], [Verdict("javac", "wrong"), Verdict("javac")]])
def test_a_stop_while_it_is_compiled_is_a_stop(monkeypatch: pytest.MonkeyPatch, verdicts: list[Verdict]) -> None:
    token, left = CancellationToken(), list(verdicts)

    def check(*_: object) -> Verdict:
        if len(left) == 1:
            token.cancel()
        return left.pop(0)

    monkeypatch.setattr(assist, "compile_check", check)
    request = asked(AssistTask.TRANSLATE, CODE, target="java")
    with pytest.raises(Cancelled):
        assist.respond(
            request, Gathered(), ChatModel("int f() { return 1; }"), AssistSettings(), token, AnswerListener()
        )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (AssistRequest(AssistTask.ASK, question=" "), "The question is empty"),
        (AssistRequest(AssistTask.EXPLAIN), "There is no code to work on"),
        (AssistRequest(AssistTask.FIX, document=document("x = 1"), selection=(2, 2)), "There is no code to work on"),
        (asked(AssistTask.EDIT, CODE), "The instruction is empty"),
        (asked(AssistTask.TRANSLATE, CODE), "No target language"),
        (asked(AssistTask.TRANSLATE, CODE, target="python"), "already in Python"),
        (AssistRequest(AssistTask.COMMIT, words="zh"), "没有暂存的更改"),
    ],
)
def test_nothing_to_work_on_is_said(request_: AssistRequest, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        answered(request_, ChatModel("never said"))


@pytest.mark.parametrize("task", [task for task in AssistTask if task is not AssistTask.ASK])
def test_a_completion_model_refuses_and_says_which_models_could(task: AssistTask) -> None:
    request = replace(asked(task, CODE, target="java"), question="q", diff="d")
    model = ScriptedModel("never said")
    with pytest.raises(EngineError, match=r"scripted cannot do this \(it can: complete, infill\).*CodeGeeX4"):
        answered(request, model)
    assert model.prompts == []


def test_a_completion_model_answers_with_places_and_never_invents() -> None:
    text = "def parse_header(raw):\n    return raw.split(':')\n\n\ndef unrelated():\n    pass\n"
    request = AssistRequest(AssistTask.ASK, question="Where are headers parsed?", others=(document(text, "http.py"),))
    model = ScriptedModel("never said")
    answer = answered(request, model)
    assert model.prompts == []
    assert not answer.converses
    assert answer.text.startswith("The model scripted completes code but does not converse: instead of an answer")
    (place,) = answer.sources
    assert (place.path, place.symbol, place.start_line, place.end_line) == ("http.py", "parse_header", 0, 2)
    assert "- `http.py:1` `parse_header`" in answer.text


def test_places_are_offered_in_the_language_of_the_question() -> None:
    answer = answered(AssistRequest(AssistTask.ASK, words="zh", question="xyzzy 在哪里？"), ScriptedModel())
    assert answer.text.startswith("模型 scripted 只能补全代码")
    assert answer.sources == ()


def test_stop_takes_effect_in_mid_answer() -> None:
    model, token = ChatModel("one two three four"), CancellationToken()
    heard: list[str] = []

    def on_text(text: str) -> None:
        heard.append(text)
        token.cancel()

    request = AssistRequest(AssistTask.ASK, question="Count")
    with pytest.raises(Cancelled):
        assist.respond(request, Gathered(), model, AssistSettings(), token, AnswerListener(on_text))
    assert heard == ["one"]


def test_mentions_bring_files_and_symbols_or_say_that_they_are_not_there() -> None:
    other = document("class Cart:\n    def total(self):\n        return 0\n", "shop/cart.py")
    question = "Is #symbol:Cart.total right, see #file:cart.py and #file:none.py? #selection"
    gathered = gather(AssistRequest(AssistTask.ASK, question=question, others=(other,)), {})
    whole, *_ = gathered.references
    assert (whole.path, whole.may_be_cut, whole.end_line) == ("shop/cart.py", True, 4)
    assert gathered.notices == ("#selection: nothing is selected.", "Not found in the workspace: none.py.")


def test_secrets_of_other_files_are_masked_and_secret_files_not_shown() -> None:
    others = (document("password = 'hunter22secret'\n", "settings.py"), document("KEY=1\n", ".env"))
    gathered = gather(AssistRequest(AssistTask.ASK, question="What is in settings?", others=others), {})
    assert {reference.path for reference in gathered.references} == {"settings.py"}
    assert all("hunter22" not in reference.text for reference in gathered.references)


def test_two_answers_at_once_do_not_mix() -> None:
    answers: dict[str, str] = {}

    def ask(text: str) -> None:
        answers[text] = answered(AssistRequest(AssistTask.ASK, question="?x"), ChatModel(text)).text

    threads = [threading.Thread(target=ask, args=(f"answer {n} of many",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(asked_ == said for asked_, said in answers.items())
    assert len(answers) == 8


def test_an_answer_in_circles_is_stopped_and_said() -> None:
    request = replace(asked(AssistTask.ASK), question="Why?")
    answer = answered(request, ChatModel("It is so. " + "Because it is what it is. " * 200))
    assert answer.text == "It is so. Because it is what it is."
    assert answer.notices == ("The answer repeated itself and was stopped.",)
    assert answer.is_cut_off


def test_code_in_circles_is_not_put_in_place_without_a_warning() -> None:
    answer = answered(
        asked(AssistTask.EDIT, CODE, question="Go on."), ChatModel("```python\n" + "x = f(x)  # again\n" * 99)
    )
    assert answer.warnings[0] == "The answer repeated itself and was stopped."


def test_a_translation_in_the_wrong_language_is_said_and_repaired() -> None:
    model = ChatModel("```python\ndef add(a, b):\n    pass\n```", "```go\npackage main\n```")
    answer = answered(asked(AssistTask.TRANSLATE, CODE, target="go"), model)
    assert "The code in the answer is Python, not Go." in model.prompts[1]
    assert (answer.code, answer.warnings) == ("package main", ())


def test_a_diff_is_not_code() -> None:
    diff = "```diff\n-    return a + b\n+    return b + a\n```"
    answer = answered(asked(AssistTask.EDIT, CODE, question="Swap."), ChatModel(diff))
    assert "The answer is a diff" in answer.warnings[0]


def test_a_commit_message_that_is_cut_off_is_warned_of() -> None:
    request = AssistRequest(AssistTask.COMMIT, diff="diff --git a/x b/x\n")
    answer = answered(request, ChatModel("Set the number of retries to three"), settings=AssistSettings(4000, 4))
    assert answer.warnings == ("The answer reached the limit of 4 tokens and is cut off.",)
