package codegeex.test

import codegeex.lsp.AnswerListener
import codegeex.lsp.Installer
import codegeex.lsp.Remedy
import codegeex.lsp.Trouble
import codegeex.lsp.findCommand
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

fun Suite.answerTests() {
    test("an answer is streamed, begins again when it is repaired, and is kept when it is stopped") {
        supervised(RecordingClient(fakeServer("chats"))) { supervisor ->
            val server = supervisor.server()
            val (events, said) = CopyOnWriteArrayList<String>() to CompletableDeferred<Unit>()
            lateinit var stopAnswer: () -> Unit
            val listener = object : AnswerListener {
                override fun onBegin(stop: () -> Unit) {
                    stopAnswer = stop
                }

                override fun onText(text: String) {
                    events += text
                    if (events.size == 4) said.complete(Unit)
                }

                override fun onStage(stage: String) {
                    events += stage
                }
            }
            coroutineScope {
                val answer = async { server.ask(mapOf("question" to "Why?", "conversationId" to "c"), listener) }
                said.await()
                stopAnswer()
                assertEquals(Triple("repairing ", true, "c"), answer.await().let { Triple(it.text, it.stopped, it.conversationId) })
            }
            assertEquals(listOf("answering", "answering ", "repairing", "repairing "), events.toList())
        }
    }
    test("the command is the one of the settings, else on PATH, else the installed one; a project's own is never run") {
        val (chosen, onPath, installed) = listOf("chosen", "path", "server/bin").map { name ->
            temporaryFolder(name).resolve("codegeex-lsp").also {
                Files.writeString(it, "")
                it.toFile().setExecutable(true)
            }
        }
        val path = listOf("relative", "\u0000", onPath.parent).joinToString(":")
        assertEquals(chosen, findCommand(chosen.toString(), path, installed.parent.parent))
        assertEquals(onPath, findCommand("", path, installed.parent.parent))
        assertEquals(installed, findCommand(" ", "", installed.parent.parent))
        assertEquals("trouble.badPath", assertThrows<Trouble> { findCommand("/tmp", path, installed) }.key)
        assertEquals(listOf(Remedy.INSTALL, Remedy.CHOOSE), assertThrows<Trouble> { findCommand("", "", Path.of("/nonexistent")) }.remedies)
    }
    test("an installation that fails leaves nothing behind, and the log says why") {
        val (folder, log) = temporaryFolder().resolve("server") to CopyOnWriteArrayList<String>()
        val installer = Installer(folder, System.getenv()) { log += it }
        assertEquals("trouble.install", assertThrows<Trouble> { installer.install(Path.of("/nonexistent/server.whl")) }.key)
        assertTrue(!Files.exists(folder), "$folder is still there")
        assertTrue(log.any { "server.whl" in it }, "$log")
    }
    test("without Python the installation says what is needed") {
        val installer = Installer(temporaryFolder().resolve("server"), emptyMap(), pythons = listOf("no-such-python")) {}
        assertEquals("trouble.python", assertThrows<Trouble> { installer.install(Path.of("server.whl")) }.key)
    }
}
