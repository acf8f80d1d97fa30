package codegeex.test

import codegeex.jetbrains.Documents
import codegeex.jetbrains.TrackedDocument
import codegeex.jetbrains.offsetAt
import codegeex.jetbrains.positionAt
import codegeex.jetbrains.replace
import codegeex.jetbrains.uriOf
import codegeex.jetbrains.whyNotEdit
import codegeex.lsp.DocumentSink
import codegeex.lsp.Edit
import codegeex.lsp.Position
import codegeex.lsp.Range
import com.intellij.openapi.command.WriteCommandAction
import com.intellij.openapi.editor.Document
import com.intellij.openapi.project.Project
import kotlin.random.Random
import kotlin.system.measureNanoTime

/** A server's copy of a document: applies changes as LSP defines them. */
class Mirror : DocumentSink {
    var text = ""
    var version = 0
    val calls = mutableListOf<String>()

    override fun didOpen(uri: String, languageId: String, version: Int, text: CharSequence) {
        calls += "open"
        this.text = text.toString()
        this.version = version
    }

    override fun didChange(uri: String, version: Int, range: Range, text: CharSequence) {
        calls += "change"
        this.text = this.text.replaceRange(offset(range.start), offset(range.end), text)
        assertEquals(this.version + 1, version, "versions go up by one")
        this.version = version
    }

    override fun didClose(uri: String) {
        calls += "close"
    }

    private fun offset(at: Position): Int {
        var start = 0
        repeat(at.line) { start = Regex("\r\n|\r|\n").find(text, start)!!.range.last + 1 }
        return start + at.character
    }
}

private fun tracked(document: Document, mirror: DocumentSink) = TrackedDocument(document, "file:///a.py", "python").also {
    it.openIn(mirror)
    document.addDocumentListener(it)
}

fun main() {
    startPlatform()
    suite {
        val pieces = listOf("a", "\n", "  x\ny", "", "😀", "\n\n", "déf", "\ud83d", "\ude00", "汉字", "\t")
        test("10 000 random edits of the platform's own document reach the server exactly") {
            val (document, mirror, random) = Triple(documentOf("def f():\n    return 1\n"), Mirror(), Random(7))
            tracked(document, mirror)
            repeat(10_000) {
                val start = random.nextInt(document.textLength + 1)
                document.replaceString(start, minOf(document.textLength, start + random.nextInt(4)), pieces.random(random))
                if (it % 100 == 0) document.setText(document.text.take(400))
                assertEquals(document.text, mirror.text, "after edit $it")
            }
        }
        test("a document with CRLF line ends reaches the server exactly") {
            val (document, mirror, random) = Triple(documentOf(""), Mirror(), Random(3))
            document.setAcceptSlashR(true)
            tracked(document, mirror)
            document.setText("one\r\ntwo\r\n\r\nthree")
            repeat(2_000) {
                val line = random.nextInt(document.lineCount)
                val at = random.nextInt(document.getLineStartOffset(line), document.getLineEndOffset(line) + 1)
                document.replaceString(at, minOf(document.getLineEndOffset(line), at + 2), listOf("x", "\r\n", "", "😀\r\ny").random(random))
                assertEquals(document.text, mirror.text, "after edit $it")
            }
        }
        test("a whole text that is replaced, as a reload from disk does, is one change") {
            val (document, mirror) = documentOf("a\nb\nc") to Mirror()
            tracked(document, mirror)
            document.setText("d\ne")
            assertEquals("d\ne", mirror.text)
            document.setText("")
            document.setText("\n")
            assertEquals("\n", mirror.text)
            assertEquals(listOf("open", "change", "change", "change"), mirror.calls)
        }
        test("a server that starts later is shown the document as it is then") {
            val (document, first, second) = Triple(documentOf("a"), Mirror(), Mirror())
            val tracked = tracked(document, first)
            document.replaceString(1, 1, "b")
            tracked.openIn(second)
            tracked.openIn(second)
            document.replaceString(2, 2, "c")
            assertEquals(listOf("open", "change"), second.calls)
            assertEquals("abc" to "ab", second.text to first.text)
        }
        test("a file that is renamed is closed and opened under its new name; one of a strange name has a URI") {
            val folder = temporaryFolder("a b, 项目")
            val (one, other) = virtualFile(folder.resolve("one.py")) to virtualFile(folder.resolve("ö #?.py"))
            assertEquals(folder.resolve("ö #?.py").toUri().toString(), uriOf(other))
            val removed = mutableListOf<Any?>()
            val (document, mirror) = documentOf("text") to Mirror()
            val documents = Documents { _, listener -> removed += listener }
            val first = documents.track(document, one).also { it.openIn(mirror) }
            assertTrue(documents.track(document, one) === first, "tracked twice")
            documents.track(document, other).openIn(mirror)
            documents.release(document)
            assertEquals(listOf("open", "close", "open", "close"), mirror.calls)
            assertTrue(removed.size == 2 && first in removed && documents.find(document) == null, "the listener stays")
        }
        test("typing at the end of 2.5 million characters costs the UI thread less than a frame") {
            val (document, mirror) = documentOf("x = 1\n".repeat(400_000)) to object : DocumentSink {
                override fun didOpen(uri: String, languageId: String, version: Int, text: CharSequence) = Unit
                override fun didChange(uri: String, version: Int, range: Range, text: CharSequence) = Unit
                override fun didClose(uri: String) = Unit
            }
            tracked(document, mirror)
            val times = List(200) { measureNanoTime { document.replaceString(document.textLength, document.textLength, "y") } / 1e6 }
            println("      ${"%.2f".format(times.sorted()[100])} ms a key (median)")
        }
        test("positions and offsets are within the document, whatever is asked for") {
            val document = documentOf("ab\n\ncd")
            assertEquals(listOf(0, 2, 2, 3, 6, 6), listOf(0 to 0, 0 to 2, 0 to 9, 1 to 0, 2 to 9, 7 to 0).map { offsetAt(document, Position(it.first, it.second)) })
            assertEquals(Position(0, 0), positionAt(documentOf(""), 0))
        }
        test("an edit is one command; on another version, or a file that is read-only, it is refused") {
            val document = documentOf("a\nb\n")
            replace(standIn<Project> { _, _ -> null }, document, 0, 1, "x\ny")
            assertEquals("x\ny\nb\n" to 1, document.text to WriteCommandAction.COMMANDS.size)
            val edit = Edit(Range(Position(0, 0), Position(0, 1)), "z", 4)
            assertEquals(listOf("", "edit.changed", "edit.changed", "edit.readOnly"), listOf(
                whyNotEdit(edit, 4, true), whyNotEdit(edit, 5, true), whyNotEdit(edit, null, true), whyNotEdit(edit, 4, false),
            ))
        }
    }
}
