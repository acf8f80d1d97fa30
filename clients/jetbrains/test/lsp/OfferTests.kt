package codegeex.test

import codegeex.lsp.Item
import codegeex.text.Offer
import codegeex.text.OfferReports
import codegeex.text.Offers
import codegeex.text.continuation

/** Plays the platform: a suggestion `foo(bar)` that is shown at offset 10, and what is reported of it. */
private class Editor : OfferReports {
    val reports = mutableListOf<String>()
    val offers = Offers(this)
    private val items = listOf("foo(bar)", "other").map { Item(mapOf("insertText" to it)) }

    init {
        offers.offer(items.map { Offer(it, 10, it.text) })
    }

    fun types(text: String, at: Int, removed: Int = 0, meanwhile: () -> Unit = {}) {
        offers.beforeEdit()
        meanwhile()
        offers.afterEdit(at, removed, text)
    }

    fun accepts() {
        offers.beginInsertion()
        offers.hide()
        types("foo(bar)", at = 10)
        offers.endInsertion(items[0])
        offers.endInsertion()
    }

    override fun onShow(item: Item) {
        reports += "show ${item.text}"
    }

    override fun onPartialAccept(item: Item, length: Int) {
        reports += "take $length"
    }

    override fun onAccept(item: Item) {
        reports += "accept ${item.text}"
    }

    override fun onDismiss(item: Item) {
        reports += "dismiss ${item.text}"
    }
}

private fun Suite.offerTest(name: String, expected: List<String>, body: Editor.() -> Unit) = test(name) {
    assertEquals(listOf("show foo(bar)") + expected, Editor().apply { offers.show(0) }.apply(body).reports)
}

fun Suite.offerTests() {
    offerTest("an accepted suggestion is reported once, and its hiding is no dismissal", listOf("accept foo(bar)")) { accepts() }
    offerTest("a suggestion that is put away is dismissed, once", listOf("dismiss foo(bar)")) { repeat(2) { offers.hide() } }
    offerTest("one that is typed over is not dismissed, whichever listener comes first", emptyList()) {
        types("x", at = 10) { offers.hide() }
        offers.hide()
    }
    offerTest("typing along is no acceptance", emptyList()) { "foo(bar)".forEachIndexed { i, char -> types("$char", at = 10 + i) } }
    offerTest("a word or a line that is taken is a part", listOf("take 4", "accept foo(bar)")) {
        types("f", at = 10)
        types("oo(", at = 11)
        types("bar)", at = 14)
    }
    offerTest("an edit elsewhere ends it silently", emptyList()) {
        types("x", at = 3)
        offers.hide()
    }
    offerTest("another variant is shown, and the first is not dismissed", listOf("show other", "dismiss other")) {
        offers.show(1)
        offers.show(1)
        offers.hide()
    }
    test("an item continues what is typed, or is not shown") {
        fun item(text: String, from: Int, to: Int, line: Int = 2) = Item(mapOf("insertText" to text, "range" to mapOf(
            "start" to mapOf("line" to line, "character" to from), "end" to mapOf("line" to line, "character" to to),
        )))
        assertEquals("n", continuation(item("return", 4, 9), 2, 9, "    retur"))
        assertEquals("x", continuation(Item(mapOf("insertText" to "x")), 2, 0, ""))
        val refused = listOf(item("raise", 4, 9), item("return", 4, 12), item("x", 9, 9, line = 3), item("", 9, 9), item("return", 4, 9).copy(raw = emptyMap()))
        assertEquals(listOf<String?>(null, null, null, null, null), refused.map { continuation(it, 2, 9, "    retur") })
    }
}
