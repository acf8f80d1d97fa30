package codegeex.test

import codegeex.lsp.Answer
import codegeex.lsp.Position
import codegeex.lsp.Range
import codegeex.lsp.Server
import java.nio.file.Files

private const val ADD = "def add(a, b):\n    return a + b\n"
private const val BROKEN_ADD = "def add(a, b):\n    return a + c\n"
private const val DIFF = "diff --git a/sums.py b/sums.py\nnew file mode 100644\n--- /dev/null\n+++ b/sums.py\n@@ -0,0 +1,2 @@\n" +
    "+def add(a, b):\n+    return a + b\n"

private fun Suite.taskTest(name: String, code: String = ADD, body: suspend (Server, Map<String, Any?>) -> Unit) {
    val model = given("chat").ifEmpty { return println("left out: $name (the fixture model needs the extra `convert`)") }
    test(name) {
        val client = RecordingClient(realServer()).apply { settings = mapOf("model" to model, "threads" to 1) }
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val file = Files.writeString(client.folder.resolve("sample.py"), code)
            val uri = file.toUri().toString()
            server.didOpen(uri, "python", 1, code)
            client.untilReady()
            body(server, mapOf("uri" to uri, "range" to Range(Position(0, 0), Position(2, 0)).toJson()))
        }
    }
}

private fun Answer.after(code: String): String {
    val lines = code.split("\n")
    fun offset(at: Position) = lines.take(at.line).sumOf { it.length + 1 } + at.character
    val edit = requireNotNull(edit) { "no edit: $this" }
    return code.replaceRange(offset(edit.range.start), offset(edit.range.end), edit.newText)
}

/** The tasks of the menu with a model that has learnt an answer to each; the edits are those that a review shows. */
fun Suite.chatTests() {
    taskTest("a question is answered by a model that converses, and its text is streamed") { server, _ ->
        val streamed = RecordingAnswer()
        val answer = server.ask(mapOf("question" to "What is the capital of France?"), streamed)
        assertEquals(Triple("Paris.", "Paris.", true), Triple(answer.text, streamed.text.toString(), answer.converses))
    }
    taskTest("comment, document and edit by instruction change the selected code") { server, place ->
        suspend fun run(task: String, extra: Map<String, Any?> = emptyMap()) = server.runTask(task, place + extra, RecordingAnswer()).after(ADD)
        assertEquals("def add(a, b):\n    # The sum of both numbers.\n    return a + b\n", run("comment"))
        assertEquals("def add(a, b):\n    \"\"\"Return the sum of a and b.\"\"\"\n    return a + b\n", run("document"))
        val typed = run("edit", mapOf("instruction" to "Add type hints."))
        assertEquals("def add(a: int, b: int) -> int:\n    return a + b\n", typed)
    }
    taskTest("explain answers in words; translation and tests are new files") { server, place ->
        assertEquals("`add` takes two values and returns their sum.", server.runTask("explain", place, RecordingAnswer()).text)
        val translated = server.runTask("translate", place + ("target" to "java"), RecordingAnswer())
        assertTrue(translated.newUri.endsWith("/sample.java") && translated.code.startsWith("int add("), "$translated")
        val tests = server.runTask("tests", place, RecordingAnswer())
        assertTrue(tests.newUri.endsWith("/test_sample.py") && "def test_add" in tests.code, "$tests")
    }
    taskTest("an error is fixed, by what the user typed of it", BROKEN_ADD) { server, place ->
        val diagnostic = mapOf("diagnostic" to mapOf("message" to "\"c\" is not defined"))
        assertEquals(ADD, server.runTask("fix", place + diagnostic, RecordingAnswer()).after(BROKEN_ADD))
    }
    taskTest("a commit message is written for a diff") { server, _ ->
        assertEquals("Add a function that sums two numbers", server.runTask("commitMessage", mapOf("diff" to DIFF), RecordingAnswer()).text)
    }
}
