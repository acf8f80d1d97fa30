from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.assist.fit import fit
from engine.assist.gather import Gathered
from engine.assist.tasks import AssistRequest, AssistSettings, AssistTask, Reference
from engine.document import Document
from engine.prompt.chat import Turn
from engine.remote import api
from engine.remote.model import describe_server_model
from engine.remote.pieces import PieceTokenizer, split_by_marks
from engine.remote.server import read_server
from tests.engine.assist.test_hostile import HOSTILE, TASKS

MARKS = tuple(api.ROLES)
TOKENIZER = PieceTokenizer(MARKS)


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_half_a_character_is_none() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("a\ud83d")) == "a\ufffd"


def test_they_are_about_as_long_as_tokens() -> None:
    code = "    for price in prices:\n        total += price.amount * self.rates[price.currency]\n"
    assert 2 <= len(code) / len(TOKENIZER.encode(code)) <= 4
    assert len(TOKENIZER.encode("购物车的总价")) == 6


def test_marks_stand_between_texts() -> None:
    tokens = [*TOKENIZER.control("<user>"), *TOKENIZER.encode("<user> Why?"), *TOKENIZER.control("<assistant>")]
    assert list(split_by_marks(tokens, MARKS)) == [("<user>", "<user> Why?"), ("<assistant>", "")]


def test_200_hostile_texts_change_no_role() -> None:
    description = describe_server_model(read_server("https://host", "codegeex4", "chat"))
    for task in TASKS:
        for text in ("harmless", *HOSTILE):
            request = AssistRequest(
                task,
                question=text,
                document=Document("main.py", "python", text),
                history=(Turn("user", text), Turn("assistant", text)),
                target="java",
                diff=text,
            )
            reference = Reference(text.replace("\n", " "), 0, 1, text, "python", "open")
            prompt = fit(request, Gathered((reference,)), text, description, TOKENIZER, AssistSettings(8000, 100))
            turns = api.chat_request(list(split_by_marks(prompt.tokens, MARKS))).fields["messages"]
            roles = ["system", "user"] if task is AssistTask.TRANSLATE else ["system", "user", "assistant", "user"]
            assert [turn["role"] for turn in turns] == roles
            assert text.strip() in turns[-1]["content"]
