package codegeex.text

import codegeex.lsp.Item

/** Receives what became of a suggestion. */
interface OfferReports {
    fun onShow(item: Item)
    fun onPartialAccept(item: Item, length: Int) // in UTF-16 units of the item's text
    fun onAccept(item: Item)
    fun onDismiss(item: Item)
}

/** One suggestion as it may be shown: `text` continues the document at `offset`. */
data class Offer(val item: Item, val offset: Int, val text: String) {
    val typed: Int get() = item.text.length - text.length // of the item's text, before `offset`
}

/**
 * What becomes of the suggestions in one editor, from the editor's own events.
 *
 * The platform reports that a suggestion is hidden, but not why in words that stay the same between versions. So: hidden
 * between the beginning and the end of an insertion is no dismissal; hidden by an edit is a suggestion that was typed over;
 * hidden while the text stays as it is was dismissed by the user. All but `offer` is called on the UI thread.
 */
class Offers(private val reports: OfferReports) {
    @Volatile private var offered: List<Offer> = emptyList()
    private var shown: Offer? = null
    private var taken = 0 // characters of the shown text that are in the document by now
    private var isEditing = false
    private var isInserting = false
    private var lastAccepted: Item? = null

    /** What the platform may show next, by variant. */
    fun offer(offers: List<Offer>) {
        offered = offers
    }

    /** A variant has appeared. One that is shown already is not reported again. */
    fun show(variant: Int) {
        val offer = offered.getOrNull(variant) ?: return
        if (offer === shown) return
        shown = offer
        taken = 0
        reports.onShow(offer.item)
    }

    fun beforeEdit() {
        isEditing = true
    }

    /** The document has changed: typed along, taken in part or whole, or typed over. */
    fun afterEdit(offset: Int, oldLength: Int, inserted: CharSequence) {
        isEditing = false
        val offer = shown ?: return
        val rest = offer.text.substring(taken)
        val follows = oldLength == 0 && offset == offer.offset + taken && inserted.isNotEmpty() && rest.startsWith(inserted)
        if (!follows) {
            if (!isInserting) shown = null
            return
        }
        taken += inserted.length
        if (taken < offer.text.length) {
            if (inserted.length > 1) reports.onPartialAccept(offer.item, offer.typed + taken)
        } else {
            shown = null
            if (inserted.length > 1 || isInserting) accept(offer.item)
        }
    }

    /** The user has accepted: what follows is the platform's insertion. */
    fun beginInsertion() {
        isInserting = true
    }

    /** The platform has inserted; `item` is what it inserted, if it says so. */
    fun endInsertion(item: Item? = null) {
        isInserting = false
        shown = null
        if (item != null) accept(item)
    }

    fun hide() {
        if (isInserting || isEditing) return
        val offer = shown ?: return
        shown = null
        reports.onDismiss(offer.item)
    }

    private fun accept(item: Item) {
        if (item === lastAccepted) return
        lastAccepted = item
        reports.onAccept(item)
    }
}

/**
 * Return the text with which `item` continues a line, or null if it cannot be shown as ghost text: text before the cursor
 * cannot be replaced, so the item must begin with what stands there, and it may replace nothing after the cursor.
 */
fun continuation(item: Item, line: Int, character: Int, lineBefore: String): String? {
    val range = item.range ?: return item.text.takeIf { it.isNotEmpty() }
    if (range.start.line != line || range.end.line != line || range.end.character > character) return null
    if (range.start.character !in 0..character || lineBefore.length < character) return null
    val typed = lineBefore.substring(range.start.character, character)
    return item.text.takeIf { it.startsWith(typed) }?.substring(typed.length)?.takeIf { it.isNotEmpty() }
}
