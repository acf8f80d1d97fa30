package codegeex.jetbrains

import codegeex.lsp.Edit
import codegeex.text.Severity
import codegeex.text.extensionOf
import codegeex.ui.CodeAction
import com.intellij.openapi.command.WriteCommandAction
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.ScrollType
import com.intellij.openapi.ide.CopyPasteManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.LocalFileSystem
import com.intellij.openapi.fileEditor.OpenFileDescriptor
import java.awt.datatransfer.StringSelection
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption

/** Return why an edit cannot be made, as a key of the message bundle, or "". `version` is the document's now, null if it is closed. */
fun whyNotEdit(edit: Edit, version: Int?, isWritable: Boolean): String = when {
    version != edit.version -> "edit.changed"
    !isWritable -> "edit.readOnly"
    else -> ""
}

/** Make an edit in one command, which is one step to undo. Called on the UI thread. */
fun replace(project: Project, document: Document, start: Int, end: Int, text: String) =
    WriteCommandAction.runWriteCommandAction(project, "CodeGeeX", null, { document.replaceString(start, end, text) })

/** Carry out what a button at a piece of code in an answer stands for. Called on the UI thread. */
fun actOnCode(service: CodegeexService, action: CodeAction, code: String, language: String) {
    val project = service.project
    if (action == CodeAction.COPY) return CopyPasteManager.getInstance().setContents(StringSelection(code))
    if (action == CodeAction.NEW_FILE) return service.host.openText(project, "codegeex.${extensionOf(language)}", "$code\n")
    val looked = LookedAt.now(project) ?: return service.host.notify(project, Severity.WARNING, service.host.words("edit.openFile"))
    val document = looked.document
    if (!document.isWritable) return service.host.notify(project, Severity.WARNING, service.host.words("edit.readOnly", looked.file.name))
    if (action == CodeAction.INSERT) return insert(project, looked.editor, looked.start, looked.end, code)
    val (start, end) = if (looked.hasSelection) looked.start to looked.end else 0 to document.textLength
    val isWholeLine = end > start && document.immutableCharSequence[end - 1] == '\n'
    val stamp = document.modificationStamp
    val proposed = document.text.replaceRange(start, end, code + if (isWholeLine) "\n" else "")
    val accepted = ReviewDialog(project, service.host.words, looked.file.name, document.text, proposed, looked.file.fileType).showAndGet()
    if (!accepted) return
    if (document.modificationStamp == stamp) replace(project, document, 0, document.textLength, proposed)
    else service.host.notify(project, Severity.WARNING, service.host.words("edit.changed", looked.file.name))
}

/** Insert code in place of the selection, with the indentation that stands before the cursor. */
private fun insert(project: Project, editor: Editor, start: Int, end: Int, code: String) {
    val indent = lineBefore(editor.document, start)
    val text = if (indent.isBlank()) code.replace(Regex("\n(?=.)"), "\n$indent") else code
    replace(project, editor.document, start, end, text)
    editor.caretModel.moveToOffset(start + text.length)
    editor.scrollingModel.scrollToCaret(ScrollType.RELATIVE)
}

/** Create a file and open it; one that exists already is left as it is. */
fun createFile(service: CodegeexService, path: Path, text: String) = service.inBackground(onFault = { service.tell(it) }) {
    Files.createDirectories(path.parent)
    Files.writeString(path, text, StandardOpenOption.CREATE_NEW)
    val file = LocalFileSystem.getInstance().refreshAndFindFileByPath(path.toString().replace('\\', '/')) ?: return@inBackground
    service.host.onUiThread { OpenFileDescriptor(service.project, file, 0, 0).navigate(true) }
}
