from __future__ import annotations

import asyncio

import pytest

from lsp_server.completion.document_state import DocumentState, OpenDocuments

ONE, OTHER = "file:///one.py", "file:///other.py"


def test_the_epoch_of_a_document_changes_with_everything_but_itself() -> None:
    documents = OpenDocuments()
    documents.text_changed(ONE)
    before = documents.epoch(ONE)
    documents.text_changed(ONE)
    assert documents.epoch(ONE) == before
    documents.text_changed(OTHER)
    documents.context_changed()
    documents.close(OTHER)
    assert documents.epoch(ONE) == before + 3


def test_a_newer_request_cancels_the_older_one() -> None:
    state = DocumentState()
    with state.newest_request() as older:
        with state.newest_request() as newer:
            assert (older.is_cancelled, newer.is_cancelled) == (True, False)
        assert not state.is_waiting


async def test_a_request_that_the_editor_cancels_cancels_its_token() -> None:
    state = DocumentState()
    with pytest.raises(asyncio.CancelledError), state.newest_request() as token:
        raise asyncio.CancelledError
    assert token.is_cancelled


def test_closing_a_document_forgets_it_and_cancels_its_request() -> None:
    documents = OpenDocuments()
    with documents.state(ONE).newest_request() as token:
        documents.state(ONE).dismiss(3)
        documents.close(ONE)
        assert token.is_cancelled
    assert documents.get(ONE) is None
    assert not documents.state(ONE).is_dismissed(3)
    assert not documents.is_any_waiting


def test_a_dismissal_lasts_until_the_text_changes() -> None:
    state = DocumentState()
    state.dismiss(3)
    assert (state.is_dismissed(3), state.is_dismissed(4)) == (True, False)
    state.text_changed()
    assert not state.is_dismissed(3)
