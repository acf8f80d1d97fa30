package codegeex.test

import codegeex.jetbrains.CodegeexService
import codegeex.jetbrains.StatusWidget
import codegeex.lsp.ServerState
import codegeex.lsp.asInt
import codegeex.lsp.asObject
import codegeex.text.InEditor
import codegeex.text.loadSettings
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.EditorFactory
import com.intellij.openapi.editor.event.EditorFactoryEvent
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import javax.swing.JLabel

private const val TEXT = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    ret"

private suspend fun CodegeexService.counts(): Map<String, Int> {
    val sums = server().statistics()
    return listOf("shown", "accepted", "partiallyAccepted", "dismissed").associateWith { sums[it].asInt() }
}

/** Ask until the server's index and model are ready. */
private suspend fun TestEditor.untilSuggested(): List<String> {
    repeat(100) { texts().ifEmpty { null }?.let { return it } ?: delay(100) }
    error("no suggestion")
}

private fun Suite.editorTest(name: String, file: String = "shop.py", text: String = TEXT, body: suspend TestEditor.(TestProject) -> Unit) = test(name) {
    TestProject(temporaryFolder("a b, 项目")).use { project ->
        project.untilReady()
        TestEditor(project, file, text).body(project)
    }
}

fun main() {
    startPlatform()
    suite {
        test("making every part that the IDE makes at its start starts no process and no thread, and asks nothing") {
            val threads = Thread.getAllStackTraces().keys.filter { it.name.startsWith("codegeex") }
            val children = ProcessHandle.current().descendants().count()
            TestProject().use { project ->
                val widget = StatusWidget(project.service) { InEditor("python") }
                val editor = TestEditor(project, "a.py", "x")
                assertTrue(editor.provider.isEnabled(editor.typing()), "the provider is on")
                assertEquals("The server starts with the first suggestion or question.", project.service.shownStatus().detail)
                assertEquals(ServerState.Off, project.service.supervisor.state.value)
                assertEquals("CodeGeeX", (widget.component as JLabel).text)
                assertEquals(children, ProcessHandle.current().descendants().count(), "processes")
                assertEquals(threads, Thread.getAllStackTraces().keys.filter { it.name.startsWith("codegeex") }, "threads")
                assertTrue(EditorFactory.LISTENERS.isEmpty(), "no listener")
                widget.dispose()
            }
        }
        editorTest("several variants on an explicit call, told as shown and accepted; hiding is no dismissal") { project ->
            val variants = untilSuggested()
            assertEquals(variants.toSet().size, variants.size, "different")
            accept()
            delay(200)
            assertTrue(document.text.endsWith("ret" + variants[0]), document.text)
            assertEquals(1 to 0, project.service.counts().let { it["accepted"] to it["dismissed"] })
        }
        editorTest("a suggestion is typed along, taken in part, and put away") { project ->
            untilSuggested()
            type(shown[0])
            take(3)
            hide()
            val counts = project.service.counts()
            assertEquals(Triple(0, 1, 1), Triple(counts["accepted"], counts["partiallyAccepted"], counts["dismissed"]))
        }
        editorTest("each key cancels the request of the one before, and the last one is answered") {
            untilSuggested()
            hide()
            replace(offset - 3, offset, "")
            offset -= 3
            val jobs = "return".map {
                type(it)
                request()
            }
            jobs.joinAll()
            assertTrue(jobs.dropLast(1).any { it.isCancelled }, "none was cancelled")
            assertTrue(texts().isNotEmpty(), "no suggestion")
        }
        editorTest("an answer to a text that has changed meanwhile, or for an editor that has closed, is not shown") {
            untilSuggested()
            hide()
            val job = request(explicit())
            replace(0, 0, "# new\n")
            job.join()
            assertEquals("", shown)
            isDisposed = true
            assertEquals(emptyList<String>(), texts())
        }
        editorTest("nothing is suggested with several carets, in a viewer's file, or if it is turned off") { project ->
            carets = 2
            assertTrue(!provider.isEnabled(typing()), "two carets")
            carets = 1
            assertTrue(provider.isEnabled(typing()) && provider.isEnabled(explicit()) && provider.isEnabled(manual(emptyMap())), "on")
            project.settings.change { choices -> choices[loadSettings(project.host.words).first { it.name == "enable" }] = false }
            assertTrue(!provider.isEnabled(typing()), "turned off")
        }
        editorTest("a document stays open in the server while an editor shows it") { project ->
            untilSuggested()
            assertTrue(project.service.documents.find(document) != null, "tracked")
            EditorFactory.EDITORS += editor
            val other = standIn<Editor> { name, _ -> if (name == "getDocument") document else null }
            EditorFactory.LISTENERS.last().editorReleased(EditorFactoryEvent(EditorFactory.getInstance(), other))
            assertTrue(project.service.documents.find(document) != null, "another editor shows it")
            EditorFactory.EDITORS.clear()
        }
        editorTest("code is generated below a comment, as ghost text that begins with a new line", text = "def area(r):\n    # return a + b") {
            val extra = mapOf("codegeex" to mapOf("mode" to "comment"))
            repeat(50) { if (texts(manual(extra)).isEmpty()) delay(100) }
            assertTrue(shown.startsWith("\n    ") && shown.trim().isNotEmpty(), "<$shown>")
        }
        editorTest("where no comment ends, the user is told so; a key is answered with silence", text = "x = 1") { project ->
            texts(manual(mapOf("codegeex" to mapOf("mode" to "comment"))))
            texts(typing())
            assertEquals(listOf(project.host.words("generate.none")), project.host.told.toList())
        }
        editorTest("a document with 10 MB is left alone, and says why", text = "x = 1\n".repeat(1_700_000)) { project ->
            assertEquals(emptyList<String>(), texts())
            assertEquals(null, project.service.documents.find(document))
            assertTrue("2.5 million" in project.service.shownStatus(InEditor("python", "silence.tooLarge")).detail, "reason")
        }
        editorTest("a killed server comes back with the document as it is then") { project ->
            untilSuggested()
            hide()
            val first = project.service.server()
            replace(0, 0, "# more\n")
            offset += 7
            ProcessHandle.of(first.pid).get().destroyForcibly()
            project.service.supervisor.untilOther(first)
            assertTrue(untilSuggested().isNotEmpty(), "no suggestion")
        }
        test("without a server there is silence, one message with buttons, and no exception") {
            TestProject(path = "/nonexistent").use { project ->
                val editor = TestEditor(project, "a.py", "x")
                repeat(3) { assertEquals(emptyList<String>(), editor.texts()) }
                delay(200)
                assertEquals(listOf("CodeGeeX needs its server, codegeex-lsp, which is not installed."), project.host.told.toList())
                assertEquals(listOf("Install…", "Choose command…"), project.host.buttons.map { it.title })
            }
        }
        test("an action that needs the server and finds none shows one message, and another action one more") {
            TestProject(path = "/nonexistent").use { project ->
                for (count in 1..2) {
                    project.service.inBackground(onFault = { project.service.tell(it) }) { project.service.server() }.join()
                    delay(200)
                    assertEquals(count, project.host.told.size, "${project.host.told}")
                }
            }
        }
    }
}
