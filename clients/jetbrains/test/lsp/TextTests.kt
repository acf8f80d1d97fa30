package codegeex.test

import codegeex.lsp.ServerState
import codegeex.lsp.Status
import codegeex.lsp.Trouble
import codegeex.text.Block
import codegeex.text.Choices
import codegeex.text.Conversations
import codegeex.text.InEditor
import codegeex.text.Severity
import codegeex.text.Situation
import codegeex.text.Span
import codegeex.text.TokenKind
import codegeex.text.Turn
import codegeex.text.Words
import codegeex.text.describe
import codegeex.text.endsWithComment
import codegeex.text.highlight
import codegeex.text.loadSettings
import codegeex.text.parseMarkdown
import codegeex.text.parseSpans
import codegeex.ui.Mention
import codegeex.ui.matchingMentions
import java.nio.file.Files
import java.util.Locale

private val ENGLISH = Words(Locale.ENGLISH)

fun Suite.textTests() {
    test("an answer is blocks, and what is unfinished is one too") {
        val text = "# Title\n\nSome *text*\nand more\n\n- one\n  goes on\n- two\n\n> said\n\n```kotlin\nval x = 1\n\n```\n|a|b|\n|-|-|\n|1|2|\n---\n```py\nx ="
        assertEquals(
            listOf(
                Block.Heading(1, "Title"), Block.Paragraph("Some *text*\nand more"), Block.Entry("•", 0, "one goes on"),
                Block.Entry("•", 0, "two"), Block.Quote("said"), Block.Code("kotlin", "val x = 1\n", true),
                Block.Table(listOf(listOf("a", "b"), listOf("1", "2"))), Block.Rule, Block.Code("py", "x =", false),
            ),
            parseMarkdown(text),
        )
    }
    test("a line is spans; only web addresses are links, and HTML is text") {
        assertEquals(
            listOf(Span("a "), Span("b", isBold = true), Span(" "), Span("c*d", isCode = true), Span(" "), Span("e", isItalic = true)),
            parseSpans("a **b** `c*d` *e*"),
        )
        assertEquals(listOf(Span("x", link = "https://a.b")), parseSpans("[x](https://a.b)"))
        assertEquals(listOf(Span("x")), parseSpans("[x](file:///etc/passwd)"))
        assertEquals("<b>2 * 3 * 4</b> snake_case_name", parseSpans("<b>2 * 3 * 4</b> snake_case_name").joinToString("") { it.text })
    }
    test("any prefix of an answer can be parsed and highlighted") {
        val text = "1. **a `b` c**\n\n~~~java\nString s = \"x\\\" // no\"; /* c\n d */ int y = 0x1F;\n~~~\n| a |\n|---|\n"
        for (end in 0..text.length) parseMarkdown(text.take(end)).forEach { if (it is Block.Code) highlight(it.text, it.language) }
    }
    test("code is highlighted by its language") {
        fun kinds(code: String, language: String) = highlight(code, language).map { it.kind to code.substring(it.start, it.end) }
        assertEquals(
            listOf(TokenKind.KEYWORD to "def", TokenKind.STRING to "'''a\nb'''", TokenKind.COMMENT to "# it's", TokenKind.NUMBER to "1_000"),
            kinds("def f():\n '''a\nb''' # it's\n 1_000", "python"),
        )
        assertEquals(listOf(TokenKind.COMMENT to "/* x */", TokenKind.KEYWORD to "val"), kinds("/* x */ val y", "kotlin"))
    }
    test("settings come from the server's definition, and only what differs is kept") {
        val (settings, stored) = loadSettings(ENGLISH) to HashMap<String, String>()
        val choices = Choices(stored)
        val tokens = settings.first { it.name == "completion.maxTokens" }
        choices[tokens] = tokens.parse("32")
        choices[settings.first { it.name == "enable" }] = true
        assertEquals(mapOf<String, Any?>("completion.maxTokens" to 32L), choices.forServer())
        for (wrong in listOf("0", "x", "1e3", "9999")) assertThrows<IllegalArgumentException> { tokens.parse(wrong) }
        assertEquals(listOf("a", "b"), settings.first { it.name == "disabledLanguages" }.parse(" a, b,"))
        assertTrue(settings.filter { "remote" in it.name }.all { it.isPrivate }, "a server's address is private")
    }
    test("the status bar says why there is silence") {
        val ready = Status(false, "Normal", "", "embedded", "", "")
        fun shown(
            state: ServerState = ServerState.Starting, status: Status? = ready, isOn: Boolean = true, language: String = "python", obstacle: String = "",
        ) = describe(Situation(isOn, listOf("go"), InEditor(language, obstacle), state, status), ENGLISH)
        assertEquals("Suggestions are turned off.", shown(isOn = false).detail)
        assertEquals("The server is starting.", shown().detail)
        val failed = shown(ServerState.Failed(Trouble("trouble.badPath", listOf("/x"))))
        assertEquals("codegeex.server.path is set to /x, which is not an executable file." to Severity.ERROR, failed.detail to failed.severity)
    }
    test("conversations are kept by project, whole, and a broken file is left out") {
        val folder = temporaryFolder()
        val (ours, theirs) = Conversations(folder, "/a") to Conversations(folder, "/b")
        val turn = Turn("Why?\nReally.", text = "So \ud83d.", stopped = false)
        val conversation = ours.begin().copy(turns = listOf(turn, turn.copy(text = "", fault = "No.")))
        ours.keep(conversation)
        Files.writeString(folder.resolve("broken.json"), "{\"id\":")
        assertEquals(listOf(conversation.turns), Conversations(folder, "/a").list().map { it.turns })
        assertEquals("Why?" to 2, conversation.title to conversation.history().size)
        assertTrue(theirs.list().isEmpty(), "another project's")
        ours.remove(conversation.id)
        assertTrue(ours.list().isEmpty(), "removed")
    }
    test("too long a conversation keeps its newest turns, and too many the newest conversations") {
        val conversations = Conversations(temporaryFolder(), "/a")
        conversations.keep(conversations.begin().copy(turns = List(20) { Turn("$it", text = "x".repeat(60_000)) }))
        assertEquals(listOf("16", "17", "18", "19"), conversations.list().single().turns.map { it.question })
        repeat(205) { conversations.keep(conversations.begin().copy(turns = listOf(Turn("q")))) }
        assertEquals(200, conversations.list().size)
    }
    test("what is typed of a mention is completed") {
        val known = listOf(Mention("#file:", ""), Mention("#file:src/cart.py", ""), Mention("@workspace", ""))
        assertEquals(5 to listOf("#file:", "#file:src/cart.py"), matchingMentions("see #file", known).let { it.first to it.second.map(Mention::insert) })
        assertEquals(listOf("#file:src/cart.py"), matchingMentions("#file:cart", known).second.map { it.insert })
        assertEquals(0, matchingMentions("a#b c", known).second.size)
    }
    test("a comment at the end of a line is recognised in each language") {
        val yes = listOf("# sum" to "python", "    // sum" to "go", "x(); // sum" to "java", " * sum" to "typescript", "/** sum */" to "cpp", "-- sum" to "sql", "\"\"\"Sum.\"\"\"" to "python")
        assertEquals(yes, yes.filter { endsWithComment(it.first, it.second) })
        val no = listOf("x = 1" to "python", "a // b" to "python", "return x" to "rust", "" to "go")
        assertEquals(emptyList<Any>(), no.filter { endsWithComment(it.first, it.second) })
    }
}
