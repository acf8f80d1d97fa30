"""What became of a suggestion, as GitHub Copilot's language server has it, and the sums of that.

Clients execute the `command` of an item they insert; the notifications `textDocument/didShowCompletion {item}`,
`textDocument/didPartiallyAcceptCompletion {item, acceptedLength}` and `textDocument/didDismissCompletion {item}` tell
of the rest. `acceptedLength` counts from the start of `insertText`, in the units of positions. A client may send none.
"""

from __future__ import annotations

from typing import Any

from lsp_server.completion.offers import Offer
from lsp_server.completion.receipts import cache_hits
from lsp_server.features.inline_completion import DID_ACCEPT
from lsp_server.server import CodegeexServer

DID_SHOW = "textDocument/didShowCompletion"
DID_PARTLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"
DID_DISMISS = "textDocument/didDismissCompletion"
STATISTICS = "codegeex/statistics"


def register(server: CodegeexServer) -> None:
    session = server.session

    @server.command(DID_ACCEPT)
    def did_accept(*arguments: Any) -> None:
        if arguments and session.offers.get(number := str(arguments[0])):
            session.offers.accept(number)
            session.prefetch.hurry()

    @server.feature(DID_SHOW)
    def did_show(params: Any) -> None:
        session.offers.show(_offer_id(params))

    @server.feature(DID_PARTLY_ACCEPT)
    def did_partly_accept(params: Any) -> None:
        offer = session.offers.get(number := _offer_id(params))
        if offer and isinstance(units := params.get("acceptedLength"), int):
            session.offers.accept_part(number, _chars(server, params["item"].get("insertText"), offer, units))

    @server.feature(DID_DISMISS)
    def did_dismiss(params: Any) -> None:
        if offer := session.offers.get(number := _offer_id(params)):
            session.offers.dismiss(number)
            session.dismiss(offer.uri, offer.offset)

    @server.feature(STATISTICS)
    def statistics(_params: Any) -> dict[str, Any]:
        """Of this session: suggestions, characters, and how many requests the cache answered, by kind."""
        hits, requests = cache_hits(session.cache.counts)
        return session.offers.counts | {
            "requests": requests,
            "answeredFromCache": hits,
            "lookups": {_camel(kind): count for kind, count in session.cache.counts.items()},
        }


def _camel(kind: str) -> str:
    first, *more = kind.split(" ")
    return first + "".join(word.capitalize() for word in more)


def _offer_id(params: Any) -> str:
    """Return the id in an item of ours; "" for anybody else's."""
    try:
        return str(params["item"]["command"]["arguments"][0])
    except (IndexError, KeyError, TypeError):
        return ""


def _chars(server: CodegeexServer, inserted: Any, offer: Offer, units: int) -> int:
    """Code points of the suggestion itself: what the suggest widget had selected stands before it in the item."""
    codec, taken, chars = server.workspace.position_codec, 0, 0
    text = inserted if isinstance(inserted, str) else offer.text
    while chars < len(text) and taken < units:
        taken += codec.client_num_units(text[chars])
        chars += 1
    return max(0, chars - (len(text) - len(offer.text)))
