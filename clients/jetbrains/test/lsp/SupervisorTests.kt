package codegeex.test

import codegeex.lsp.Position
import codegeex.lsp.Range
import codegeex.lsp.Remedy
import codegeex.lsp.ResponseError
import codegeex.lsp.ServerState
import codegeex.lsp.Trouble
import codegeex.lsp.isOlder
import kotlinx.coroutines.withTimeout
import java.nio.file.Files

fun Suite.supervisorTests() {
    test("a server that dies at once is tried again, and in the end the user is asked") {
        val client = RecordingClient(fakeServer("dies"))
        supervised(client) {
            val trouble = assertThrows<Trouble> { it.server() }
            assertEquals("trouble.crashes", trouble.key)
            assertEquals(listOf(Remedy.RESTART, Remedy.LOG), trouble.remedies)
            assertEquals("4", Files.readString(client.folder.resolve("state")), "starts")
        }
    }
    test("a server that dies once is restarted, and whoever waited is served") {
        val client = RecordingClient(fakeServer("dies-once"))
        supervised(client) { assertEquals(1, it.server().complete("file:///a.py", Position(0, 0), false).size) }
    }
    test("a server that dies when asked fails the request, and comes back") {
        val client = RecordingClient(fakeServer("dies-when-asked"))
        supervised(client) { supervisor ->
            val server = supervisor.server()
            assertThrows<ResponseError> { server.complete("file:///a.py", Position(0, 0), false) }
            supervisor.untilOther(server)
            assertEquals(2, client.started.size, "starts")
        }
    }
    for (mode in listOf("rubbish", "half-a-message", "not-json")) {
        test("a server that answers $mode is ended, and no request waits for it") {
            supervised(RecordingClient(fakeServer(mode)), delaysMs = emptyList()) { supervisor ->
                runCatching { supervisor.server().complete("file:///a.py", Position(0, 0), false) }
                assertEquals("trouble.crashes", supervisor.untilFailed().key)
            }
        }
    }
    test("answers of an odd shape are read as far as they go") {
        supervised(RecordingClient(fakeServer("odd-answers"))) {
            val items = it.server().complete("file:///a.py", Position(0, 0), false)
            assertEquals(listOf("", "pass", "", ""), items.map { item -> item.text })
        }
    }
    test("a server that does not read its input blocks nobody, and is ended") {
        supervised(RecordingClient(fakeServer("never-reads")), delaysMs = emptyList()) { supervisor ->
            val server = supervisor.server()
            val text = "x".repeat(1_000)
            val at = Range(Position(0, 0), Position(0, 0))
            withTimeout(20_000) { repeat(10_100) { server.didChange("file:///a.py", it, at, text) } }
            assertEquals("trouble.crashes", supervisor.untilFailed().key)
        }
    }
    for (mode in listOf("too-old", "no-completions")) {
        test("a server that is $mode is refused with a remedy, and ended") {
            val client = RecordingClient(fakeServer(mode))
            supervised(client) {
                val trouble = assertThrows<Trouble> { it.server() }
                assertEquals("trouble.tooOld", trouble.key)
                assertEquals(listOf(Remedy.INSTALL, Remedy.CHOOSE), trouble.remedies)
            }
        }
    }
    test("a server that is missing, or no program, is a trouble with remedies, said once and not tried again") {
        val client = RecordingClient(listOf("/nonexistent/codegeex-lsp"))
        supervised(client) { supervisor ->
            repeat(2) { assertEquals("trouble.notRunnable", assertThrows<Trouble> { supervisor.server() }.key) }
            assertEquals(1, client.log.count { it.startsWith("Starting") }, "starts")
        }
    }
    test("nothing is started before a server is needed") {
        val client = RecordingClient(fakeServer("dies"))
        supervised(client) {
            assertEquals(ServerState.Off, it.state.value)
            assertEquals(null, it.runningServer())
        }
        assertTrue(client.log.isEmpty(), "${client.log}")
    }
    test("versions are compared by number") {
        assertTrue(isOlder("0.9.0", "0.10.0") && isOlder("", "0.1.0"))
        assertTrue(!isOlder("0.1.0", "0.1.0") && !isOlder("1.0.0rc1", "0.1.0"))
    }
}
