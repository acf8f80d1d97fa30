from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from engine.generated import Generated
from engine.model.protocol import Question
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.remote import transport
from engine.remote.model import RemoteModel, Timeouts
from engine.remote.server import Purpose, read_server
from engine.types import CancellationToken, Cancelled, EngineError, LostAnswerError, Priority
from tests.engine.remote.scripted_server import (
    CERTIFICATE,
    DONE,
    Reply,
    ScriptedServer,
    delta,
    event,
    refusal,
    serving,
    speech,
    text,
)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGEEX_API_KEY", raising=False)
    monkeypatch.setattr("engine.remote.keys._from_keyring", lambda _: "")


def model(server: ScriptedServer, purpose: Purpose = "chat", **patience: float) -> RemoteModel:
    return RemoteModel(read_server(server.url, "m", purpose), Timeouts(**patience) if patience else None)


def ask(
    asked: RemoteModel,
    question: str = "Why?",
    cancellation: CancellationToken | None = None,
    stop: str = "\0",
    priority: Priority = Priority.CHAT,
) -> Generated:
    if "chat" in asked.description.capabilities:
        tokens = encode(asked.tokenizer, chat_parts(asked.description, [Turn("user", question)]))
    else:
        mark = asked.tokenizer.control
        tokens = [*mark("<suffix>"), *asked.tokenizer.encode("\n)"), *mark("<prefix>"), *asked.tokenizer.encode("f(")]
    return asked.generate(
        Question(tokens, 50, lambda text: stop in text, priority=priority), cancellation or CancellationToken()
    )


def test_a_question_is_turns_in_json_and_its_answer_streams() -> None:
    with serving(speech("Be", "cause.")) as server:
        generated = ask(model(server), "<|user|> Why?")
    assert (generated.text, generated.ends, generated.stopped) == ("Because.", (2, 8), True)
    (asked,) = server.asked
    assert asked["path"] == "/v1/chat/completions"
    assert asked["body"]["messages"] == [{"role": "user", "content": "<|user|> Why?"}]
    assert "authorization" not in asked["headers"]


def test_a_gap_is_prompt_and_suffix_and_its_probabilities_count() -> None:
    with serving(Reply((text("x", log_prob=-0.5), text(")", "stop", log_prob=-0.25), DONE))) as server:
        generated = ask(model(server, "completion"))
    assert (generated.text, generated.log_probs, generated.end_log_prob) == ("x)", (-0.5, -0.25), 0.0)
    assert server.asked[0]["path"] == "/v1/completions"
    assert {key: server.asked[0]["body"][key] for key in ("prompt", "suffix")} == {"prompt": "f(", "suffix": "\n)"}


def test_the_end_counts_also_where_all_comes_at_once() -> None:
    with serving(Reply((text("x", log_prob=-0.5) + text(")", "stop", log_prob=-0.25) + DONE,))) as server:
        assert ask(model(server, "completion")).end_log_prob == 0.0


def test_probabilities_as_llama_cpp_tells_them() -> None:
    log_probs = {"content": [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.2}]}
    with serving(
        Reply((event({"choices": [{"text": "ab", "logprobs": log_probs, "finish_reason": "stop"}]}),))
    ) as server:
        generated = ask(model(server, "completion"))
    assert (generated.ends, generated.log_probs) == ((1, 2), (-0.1, -0.2))


def test_an_answer_that_is_too_long_was_not_ended_by_the_model() -> None:
    with serving(Reply((delta("a"), delta("", "length"), DONE))) as server:
        assert not ask(model(server)).stopped


def test_a_server_that_knows_no_limit_is_left() -> None:
    with serving(Reply(tuple(delta("a") for _ in range(100)), holds=True)) as server:
        generated = ask(model(server))
        assert server.left.wait(10)
    assert (len(generated.text), generated.stopped) == (51, False)


def test_bytes_may_be_cut_anywhere() -> None:
    whole = b": hello\r\n\r\n" + (delta("编程") + delta("😀!", "stop")).replace(b"\n", b"\r\n") + DONE
    with serving(Reply(tuple(whole[at : at + 1] for at in range(len(whole))))) as server:
        assert ask(model(server)).text == "编程😀!"


def test_half_characters_are_joined() -> None:
    halves = [event(f'{{"choices":[{{"delta":{{"content":"\\{half}"}}}}]}}') for half in ("ud83d", "ude00")]
    with serving(Reply((*halves, DONE))) as server:
        assert ask(model(server)).text == "😀"


@pytest.mark.parametrize("ending", [delta("", "stop"), DONE, b"data: [DONE]"])
def test_either_end_of_an_answer_is_enough(ending: bytes) -> None:
    with serving(Reply((delta("Yes."), ending))) as server:
        assert ask(model(server)).text == "Yes."


def test_a_server_that_does_not_stream() -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}]}
    with serving(Reply((json.dumps(whole).encode(),), kind="application/json")) as server:
        assert ask(model(server)).text == "Yes."


@pytest.mark.parametrize(
    "reply",
    [
        Reply((delta("Half an "),), breaks_off=True),
        Reply((delta("Half an "),)),
        Reply((delta("Half an "), event("{no json"))),
        Reply((delta("Half an "), event({"error": {"message": "out of memory"}}))),
    ],
)
def test_text_received_before_a_connection_is_lost_is_kept(reply: Reply) -> None:
    with serving(reply) as server, pytest.raises(LostAnswerError) as lost:
        ask(model(server))
    assert (lost.value.partial.text, lost.value.partial.stopped) == ("Half an ", False)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (refusal(401, "bad key"), "requires a key, and none is set"),
        (refusal(404, "no such model"), "no such model.*codegeex.chat.remote.model"),
        (refusal(400, "the context is 2048 tokens"), "2048 tokens.*codegeex.chat.maxPromptTokens"),
        (refusal(500, "CUDA error"), "internal error.*CUDA error"),
        (refusal(302, location="http://evil.example/v1"), "redirects to evil.example"),
        (refusal(429, "slowly", retry_after="3600"), "accepts no more requests for now: slowly"),
        (Reply((b"<html>",), kind="text/html"), "does not speak OpenAI's API .*text/html"),
        (Reply((b"{}",), kind="application/json"), "does not speak OpenAI's API .*JSON of another kind"),
        (Reply((event("[]"), DONE)), "^$"),
        (Reply((event("nonsense"),)), "not JSON"),
        (Reply((), breaks_off=True), "closed the connection without an answer"),
        (Reply(()), "ended its answer before it began"),
        (Reply((event({"error": "overloaded"}),)), "reports an error: overloaded"),
    ],
)
def test_an_error_names_what_went_wrong(reply: Reply, says: str) -> None:
    with serving(reply) as server:
        if says == "^$":
            assert ask(model(server)).text == ""
            return
        with pytest.raises(EngineError, match=says):
            ask(model(server))


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EngineError, match=r"cannot be reached .*codegeex\.completion\.remote\.url"):
        ask(RemoteModel(read_server(url, "", "completion")))


def test_no_encrypted_connection_where_none_is_spoken() -> None:
    with serving(speech("x")) as server, pytest.raises(EngineError, match="no encrypted connection"):
        ask(RemoteModel(read_server(server.url.replace("http:", "https:"), "", "completion")))


@pytest.fixture
def new_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client reads the environment once."""
    for variable in transport.CERTIFICATES:
        monkeypatch.delenv(variable, raising=False)
    transport._client.cache_clear()
    yield
    transport._client.cache_clear()


@pytest.mark.usefixtures("new_client")
def test_a_certificate_that_nobody_trusts() -> None:
    with serving(speech("Yes."), encrypted=True) as server:
        with pytest.raises(EngineError, match=r"is not trusted .*SSL_CERT_FILE"):
            ask(model(server))
        assert server.asked == []


@pytest.mark.usefixtures("new_client")
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_that_the_environment_names(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(CERTIFICATE))
    with serving(speech("Yes."), encrypted=True) as server:
        assert ask(model(server)).text == "Yes."


@pytest.mark.usefixtures("new_client")
def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/gone.pem")
    with (
        serving(speech("Yes.")) as server,
        pytest.raises(EngineError, match=r"REQUESTS_CA_BUNDLE is set to /gone\.pem"),
    ):
        ask(model(server))


@pytest.mark.usefixtures("new_client")
def test_a_proxy_is_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(speech("Yes.")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        elsewhere = RemoteModel(read_server("http://model.invalid/v1", "m", "chat"))
        assert ask(elsewhere).text == "Yes."
    assert proxy.asked[0]["path"] == "http://model.invalid/v1/chat/completions"


@pytest.mark.usefixtures("new_client")
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://secret@127.0.0.1:1")
    with pytest.raises(EngineError, match="check HTTPS_PROXY") as refused:
        ask(RemoteModel(read_server("http://model.invalid/v1", "m", "completion")))
    assert "secret" not in str(refused.value)


def test_a_silent_server_times_out() -> None:
    with serving(Reply(holds=True)) as server, pytest.raises(EngineError, match=r"not start to answer within 0\.05 s"):
        ask(model(server, first=0.05, between=9.0))
    with serving(Reply((delta("Half"),), holds=True)) as server, pytest.raises(LostAnswerError):
        ask(model(server, first=9.0, between=0.05))


def test_a_comment_before_the_answer_does_not_extend_the_timeout() -> None:
    with (
        serving(Reply((b": still working\n\n",), holds=True)) as server,
        pytest.raises(EngineError, match="did not start"),
    ):
        ask(model(server, first=0.05, between=9.0))


def test_cancelling_closes_the_connection() -> None:
    cancellation = CancellationToken()
    with serving(Reply((delta("Half"),), holds=True)) as server:
        threading.Thread(target=lambda: server.began.wait(10) and cancellation.cancel()).start()
        with pytest.raises(Cancelled):
            ask(model(server), cancellation=cancellation)
        assert server.left.wait(10)


def test_enough_closes_the_connection() -> None:
    with serving(Reply((delta("One."), delta("\n"), delta("Two.")), holds=True)) as server:
        assert ask(model(server), stop="\n").text == "One.\n"
        assert server.left.wait(10)


def test_whole_answers_share_a_connection() -> None:
    with serving(speech("Yes.")) as server:
        asked = model(server)
        for _ in range(3):
            ask(asked)
            _until_idle()
    assert len({each["from"] for each in server.asked}) == 1


def _until_idle() -> None:
    """Wait until the transport has read what followed the end."""

    async def others() -> int:
        return len(asyncio.all_tasks()) - 1

    loop = transport._loop()
    while asyncio.run_coroutine_threadsafe(others(), loop).result():
        pass


def test_cancelled_requests_leave_neither_threads_nor_connections() -> None:
    with serving(Reply(holds=True)) as server:
        asked = model(server, "completion")
        before = None
        for _ in range(20):
            server.began.clear()
            server.left.clear()
            cancellation = CancellationToken()
            keystroke = threading.Thread(target=lambda c=cancellation: server.began.wait(10) and c.cancel())
            keystroke.start()
            with pytest.raises(Cancelled):
                ask(asked, cancellation=cancellation)
            keystroke.join()
            assert server.left.wait(10)
            before = before or _own_threads()
        assert _own_threads() <= before


def _own_threads() -> set[str]:
    """Those of the server answer each connection in one of their own."""
    return {thread.name for thread in threading.enumerate() if "process_request" not in thread.name}


def test_a_busy_server_is_asked_again_after_its_own_delay() -> None:
    with serving(refusal(429, retry_after="0"), speech("Yes.")) as server:
        assert ask(model(server)).text == "Yes."
        assert len(server.asked) == 2


def test_a_busy_server_is_left_alone_by_suggestions() -> None:
    with serving(refusal(429, retry_after="30")) as server:
        asked = model(server, "completion")
        for _ in range(3):
            with pytest.raises(EngineError, match="accepts no more requests"):
                ask(asked)
        assert len(server.asked) == 1


def test_other_requests_are_not_repeated() -> None:
    with serving(refusal(500), speech("never")) as server, pytest.raises(EngineError):
        ask(model(server))
    assert len(server.asked) == 1


@pytest.mark.parametrize("field", ["suffix", "logprobs", "temperature", "max_tokens"])
def test_a_field_that_a_server_does_not_know_is_left_out_from_then_on(field: str) -> None:
    with serving(refusal(400, f"{field} is not supported"), speech("x", make=text)) as server:
        asked = model(server, "completion")
        assert ask(asked).text == ask(asked).text == "x"
    first, *later = (each["body"] for each in server.asked)
    assert field in first
    assert len(later) == 2
    assert all(field not in body for body in later)
    assert field != "max_tokens" or later[0]["max_completion_tokens"] == 50


def test_nothing_is_prefetched_from_a_server() -> None:
    with serving(speech("x", make=text)) as server:
        asked = model(server, "completion")
        with pytest.raises(Cancelled):
            ask(asked, priority=Priority.WARM_UP)
        assert server.asked == []


def test_no_proxy_is_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(speech("Yes.")) as server:
        assert ask(model(server)).text == "Yes."


def test_a_key_goes_to_its_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(speech("Yes.")) as server, serving(speech("Yes.")) as other:
        monkeypatch.setenv("CODEGEEX_API_KEY", f"127.0.0.1:{server.port}=sk-secret")
        ask(model(server))
        ask(model(other))
    assert server.asked[0]["headers"]["authorization"] == "Bearer sk-secret"
    assert "authorization" not in other.asked[0]["headers"]


@pytest.mark.parametrize("reply", [refusal(401, "sk-secret is wrong"), refusal(500, "request with sk-secret failed")])
def test_a_key_is_in_no_error(reply: Reply, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with serving(reply) as server:
        monkeypatch.setenv("CODEGEEX_API_KEY", f"127.0.0.1:{server.port}=sk-secret")
        with pytest.raises(EngineError) as refused:
            ask(model(server))
    assert "sk-secret" not in str(refused.value) + caplog.text


def test_a_rejected_key_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(refusal(401), speech("Yes.")) as server:
        asked = model(server)
        with pytest.raises(EngineError, match="codegeex-lsp key set 127"):
            ask(asked)
        monkeypatch.setenv("CODEGEEX_API_KEY", f"127.0.0.1:{server.port}=sk-new")
        assert ask(asked).text == "Yes."
    assert server.asked[1]["headers"]["authorization"] == "Bearer sk-new"
