"""The fate of suggestions, reported as to GitHub Copilot's language server, and statistics of it.

Clients execute the `command` of an item they insert; the notifications `textDocument/didShowCompletion {item}`,
`textDocument/didPartiallyAcceptCompletion {item, acceptedLength}` and `textDocument/didDismissCompletion {item}` report
the rest. `acceptedLength` counts from the start of `insertText`, in the units of positions. A client may send none.
"""

from __future__ import annotations

from typing import Any

from pygls.workspace import PositionCodec

from engine.text import CRLF, LF, with_lf
from lsp_server.completion.offers import Offer
from lsp_server.completion.receipts import cache_hits
from lsp_server.features.inline_completion import DID_ACCEPT
from lsp_server.server import CodegeexServer

DID_SHOW = "textDocument/didShowCompletion"
DID_PARTLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"
DID_DISMISS = "textDocument/didDismissCompletion"
STATISTICS = "codegeex/statistics"


def register(server: CodegeexServer) -> None:
    completions = server.session.completions

    @server.command(DID_ACCEPT)
    def did_accept(*arguments: Any) -> None:
        if arguments:
            completions.accept(str(arguments[0]))

    @server.feature(DID_SHOW)
    def did_show(params: Any) -> None:
        completions.offers.show(_offer_id(params))

    @server.feature(DID_PARTLY_ACCEPT)
    def did_partly_accept(params: Any) -> None:
        offer = completions.offers.get(number := _offer_id(params))
        if offer and isinstance(units := params.get("acceptedLength"), int):
            text = params["item"].get("insertText")
            completions.offers.accept_part(number, _chars(server.workspace.position_codec, text, offer, units))

    @server.feature(DID_DISMISS)
    def did_dismiss(params: Any) -> None:
        completions.dismiss(_offer_id(params))

    @server.feature(STATISTICS)
    def statistics(_params: Any) -> dict[str, Any]:
        """Return this session's suggestions, characters, and how many requests the cache answered, by kind."""
        hits, requests = cache_hits(completions.lookups)
        return completions.offers.counts | {
            "requests": requests,
            "answeredFromCache": hits,
            "lookups": {_camel(kind): count for kind, count in completions.lookups.items()},
        }


def _camel(kind: str) -> str:
    first, *more = kind.split(" ")
    return first + "".join(word.capitalize() for word in more)


def _offer_id(params: Any) -> str:
    """Return the offer's id in an item of ours; "" for another extension's item."""
    try:
        return str(params["item"]["command"]["arguments"][0])
    except (IndexError, KeyError, TypeError):
        return ""


def _chars(codec: PositionCodec, inserted: Any, offer: Offer, units: int) -> int:
    """Return the code points of the suggestion itself: in the item, what the suggest widget selected precedes it.

    The item may have LF where the suggestion has the document's line ends.
    """
    text = inserted if isinstance(inserted, str) else offer.text
    taken = chars = 0
    while chars < len(text) and taken < units:
        taken += codec.client_num_units(text[chars])
        chars += 1
    selected = len(with_lf(text)) - len(with_lf(offer.text))
    own = with_lf(offer.text)[: max(0, len(with_lf(text[:chars])) - selected)]
    return len(own) + (own.count(LF) if CRLF in offer.text else 0)
