package codegeex.jetbrains

import codegeex.lsp.DocumentSink
import codegeex.lsp.Position
import codegeex.lsp.Range
import codegeex.text.Offers
import codegeex.text.languageOfFile
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.EditorKind
import com.intellij.openapi.editor.event.DocumentEvent
import com.intellij.openapi.editor.event.DocumentListener
import com.intellij.openapi.vfs.VirtualFile
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

const val MAX_DOCUMENT_CHARS = 2_500_000 // the IDE itself analyses no larger files

/** The documents that the server knows, with the same text. Called in read actions, or on the UI thread. */
class Documents(private val unlisten: (Document, DocumentListener) -> Unit = { document, it -> document.removeDocumentListener(it) }) {
    private val tracked = HashMap<Document, TrackedDocument>()

    /** Return the document as the server knows it: from the first call on, each change is sent. */
    @Synchronized
    fun track(document: Document, file: VirtualFile): TrackedDocument {
        val uri = uriOf(file)
        val known = tracked[document]
        if (known?.uri == uri) return known
        if (known != null) close(document, known) // the file was renamed
        return TrackedDocument(document, uri, languageOfFile(file.name)).also {
            tracked[document] = it
            document.addDocumentListener(it)
        }
    }

    /** Open every document in a server that has just started. */
    @Synchronized
    fun openAll(server: DocumentSink) = tracked.values.forEach { it.openIn(server) }

    /** The last editor of a document has closed. */
    @Synchronized
    fun release(document: Document) {
        tracked.remove(document)?.let { close(document, it) }
    }

    @Synchronized
    fun find(document: Document): TrackedDocument? = tracked[document]

    private fun close(document: Document, known: TrackedDocument) {
        known.close()
        unlisten(document, known)
    }
}

/** One document, and what the server was told of it. */
class TrackedDocument(private val document: Document, val uri: String, val language: String) : DocumentListener {
    @Volatile var version = 1
        private set
    val offers = CopyOnWriteArrayList<Offers>() // one for each editor of the document
    private var server: DocumentSink? = null
    private var replaced = Range(Position(0, 0), Position(0, 0)) // by the change that is under way

    @Synchronized
    fun openIn(sink: DocumentSink) {
        if (server === sink) return
        server = sink
        sink.didOpen(uri, language, version, document.immutableCharSequence)
    }

    /** Positions are those of the text before a change, so they are read before it. */
    @Synchronized
    override fun beforeDocumentChange(event: DocumentEvent) {
        replaced = Range(positionAt(event.document, event.offset), positionAt(event.document, event.offset + event.oldLength))
        offers.forEach { it.beforeEdit() }
    }

    @Synchronized
    override fun documentChanged(event: DocumentEvent) {
        version++
        val inserted = event.newFragment.toString()
        server?.didChange(uri, version, replaced, inserted)
        offers.forEach { it.afterEdit(event.offset, event.oldLength, inserted) }
    }

    @Synchronized
    fun close() {
        server?.didClose(uri)
        server = null
    }
}

fun positionAt(document: Document, offset: Int): Position {
    if (document.textLength == 0) return Position(0, 0)
    val line = document.getLineNumber(offset)
    return Position(line, offset - document.getLineStartOffset(line))
}

/** Return the offset of a position, within the document in any case. */
fun offsetAt(document: Document, position: Position): Int {
    if (position.line >= document.lineCount) return document.textLength
    val (start, end) = document.getLineStartOffset(position.line) to document.getLineEndOffset(position.line)
    return (start + position.character).coerceIn(start, end)
}

/** Return the text of the line before an offset. */
fun lineBefore(document: Document, offset: Int): String {
    if (document.textLength == 0) return ""
    return document.immutableCharSequence.subSequence(document.getLineStartOffset(document.getLineNumber(offset)), offset).toString()
}

fun uriOf(file: VirtualFile): String = Path.of(file.path).toUri().toString()

/** Return why the server is not shown what is in an editor, as a key of the message bundle, or "". */
fun whyNotServed(editor: Editor, file: VirtualFile?): String = when {
    editor.editorKind != EditorKind.MAIN_EDITOR || file == null || !file.isInLocalFileSystem -> "silence.notAFile"
    editor.isViewer -> "silence.readOnly"
    editor.document.textLength > MAX_DOCUMENT_CHARS -> "silence.tooLarge"
    else -> ""
}
