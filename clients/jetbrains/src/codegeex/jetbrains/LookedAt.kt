package codegeex.jetbrains

import codegeex.lsp.Range
import codegeex.lsp.Server
import com.intellij.openapi.application.readAction
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.VirtualFile

/** What the user looks at: a file, and what is selected in it or where the cursor is. */
class LookedAt(val editor: Editor, val file: VirtualFile, val start: Int, val end: Int) {
    val document: Document get() = editor.document
    val hasSelection: Boolean get() = end > start

    /** Return its name: of the file, with the selected lines. */
    fun label(): String {
        if (!hasSelection) return file.name
        val (first, last) = document.getLineNumber(start) + 1 to document.getLineNumber(end) + 1
        return if (first == last) "${file.name}:$first" else "${file.name}:$first-$last"
    }

    companion object {
        /** Return what is in the selected editor, null if it is no file the server may be shown. Called on the UI thread. */
        fun now(project: Project): LookedAt? = FileEditorManager.getInstance(project).selectedTextEditor?.let(::of)

        fun of(editor: Editor): LookedAt? {
            val file = FileDocumentManager.getInstance().getFile(editor.document)
            if (file == null || whyNotServed(editor, file).isNotEmpty()) return null
            val selection = editor.selectionModel
            if (selection.hasSelection()) return LookedAt(editor, file, selection.selectionStart, selection.selectionEnd)
            return editor.caretModel.offset.let { LookedAt(editor, file, it, it) }
        }
    }
}

/** A place in a document as the server knows it, and the document's version there. */
class ServedPlace(val uri: String, val range: Range, val version: Int, val text: String)

/** Open what is looked at in the server, and return where it is. */
suspend fun CodegeexService.serve(server: Server, looked: LookedAt): ServedPlace = readAction {
    val (document, length) = looked.document to looked.document.textLength
    val tracked = documents.track(document, looked.file)
    tracked.openIn(server)
    val range = Range(positionAt(document, minOf(looked.start, length)), positionAt(document, minOf(looked.end, length)))
    ServedPlace(tracked.uri, range, tracked.version, document.text)
}.also { watchEditors() }
