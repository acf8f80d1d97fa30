package codegeex.test

import codegeex.lsp.Position
import codegeex.lsp.Range
import codegeex.lsp.Server
import codegeex.lsp.asInt
import codegeex.lsp.asObject
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import java.nio.file.Files
import java.nio.file.Path

private const val TEXT = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    ret"

private fun Path.uri(name: String) = resolve(name).toUri().toString()

private fun openSample(server: Server, folder: Path): String =
    folder.uri("shop.py").also { server.didOpen(it, "python", 1, TEXT) }

fun Suite.realServerTests() {
    test("the real server completes, is told of edits, and counts what became of its suggestion") {
        val client = RecordingClient(realServer(), temporaryFolder("a project, 项目"))
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val uri = openSample(server, client.folder)
            client.untilReady()
            assertTrue(server.complete(uri, Position(9, 7), isExplicit = true).isNotEmpty(), "no suggestion")
            server.didChange(uri, 2, Range(Position(9, 7), Position(9, 7)), "urn 😀")
            server.didChange(uri, 3, Range(Position(9, 11), Position(9, 13)), "")
            val item = server.complete(uri, Position(9, 11), isExplicit = true).first()
            server.didShow(item)
            server.didAccept(item)
            val counts = server.statistics()
            assertEquals(listOf(1, 1), listOf("shown", "accepted").map { counts[it].asInt() }, "$counts")
        }
    }
    test("a request that is cancelled is cancelled at the server, which answers the next one") {
        val client = RecordingClient(realServer())
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val uri = openSample(server, client.folder)
            client.untilReady()
            coroutineScope { repeat(20) { async { server.complete(uri, Position(9, 7), isExplicit = true) }.cancelAndJoin() } }
            assertTrue(server.complete(uri, Position(9, 7), isExplicit = true).isNotEmpty(), "no suggestion")
        }
    }
    test("a killed server is restarted; a stopped one is gone, and no orphan stays") {
        val client = RecordingClient(realServer())
        supervised(client) { supervisor ->
            val first = supervisor.server()
            ProcessHandle.of(first.pid).get().destroyForcibly()
            val second = supervisor.untilOther(first)
            supervisor.stop()
            for (server in listOf(first, second)) {
                assertTrue(!ProcessHandle.of(server.pid).map { it.isAlive }.orElse(false), "process ${server.pid} is alive")
            }
        }
    }
    test("two projects have two servers") {
        val (one, other) = RecordingClient(realServer()) to RecordingClient(realServer())
        supervised(one) { first ->
            supervised(other) { second -> assertTrue(first.server().pid != second.server().pid, "one process") }
            assertTrue(first.server().statistics().isNotEmpty(), "the other's end is not its own")
        }
    }
    test("a question is answered, with sources where the model does not converse") {
        val client = RecordingClient(realServer())
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val uri = openSample(server, client.folder)
            client.untilReady()
            val answer = server.ask(mapOf("question" to "What does mul do?", "textDocument" to mapOf("uri" to uri)), RecordingAnswer())
            assertTrue(!answer.converses && answer.text.isNotEmpty(), "$answer")
        }
    }
    test("a next edit is proposed after a rename, and accepted") {
        val client = RecordingClient(realServer())
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val uri = client.folder.uri("cart.py")
            val text = "def pay(amount):\n    fee = amount * 2\n    return amount + fee\n"
            Files.writeString(client.folder.resolve("cart.py"), text)
            server.didOpen(uri, "python", 1, text)
            client.untilReady()
            server.didChange(uri, 2, Range(Position(0, 8), Position(0, 14)), "total")
            server.didChange(uri, 3, Range(Position(1, 10), Position(1, 16)), "total")
            val (next, silence) = server.nextEdit(uri, 3, Position(1, 15))
            assertEquals("total" to uri, next?.let { it.edit.newText to it.uri } ?: silence)
            server.didShow(next!!)
            server.didAccept(next)
            assertEquals(Position(2, 11) to 3, next.edit.range.start to next.edit.version)
        }
    }
    test("settings reach the server at the start and when they change") {
        val client = RecordingClient(realServer()).apply { settings = mapOf("enable" to false) }
        supervised(client) { supervisor ->
            val server = supervisor.server()
            val uri = openSample(server, client.folder)
            assertEquals(0, server.complete(uri, Position(9, 7), isExplicit = true).size)
            server.didChangeSettings(mapOf("enable" to true))
            client.untilReady()
            assertTrue(server.complete(uri, Position(9, 7), isExplicit = true).isNotEmpty(), "no suggestion")
            assertTrue(server.models().any { it.isDefault }, "no default model")
        }
    }
}
