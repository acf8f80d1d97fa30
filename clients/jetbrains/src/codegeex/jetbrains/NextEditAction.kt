package codegeex.jetbrains

import codegeex.lsp.NextEdit
import codegeex.lsp.Server
import codegeex.text.Severity
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.ScrollType
import com.intellij.openapi.fileEditor.OpenFileDescriptor
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.LocalFileSystem
import java.net.URI
import java.nio.file.Path

/** Jumps to what the user probably changes next, and makes the change if they accept it. */
class NextEditAction : EditorAction() {
    override fun perform(project: Project, editor: Editor) {
        val service = CodegeexService.getInstance(project)
        val looked = LookedAt.of(editor) ?: return service.host.notify(project, Severity.WARNING, service.host.words("edit.openFile"))
        service.inBackground(onFault = { service.tell(it) }) {
            val server = service.server()
            val place = service.serve(server, looked)
            val (next, silence) = server.nextEdit(place.uri, place.version, place.range.end)
            when {
                next == null -> service.host.notify(project, Severity.NONE, silence.ifEmpty { service.host.words("edit.nothing") })
                next.uri == place.uri -> service.host.onUiThread { propose(service, server, looked, next) }
                else -> jump(service, next)
            }
        }
    }

    /** Open another file at the edit: the action proposes it there. */
    private fun jump(service: CodegeexService, next: NextEdit) {
        val path = Path.of(URI(next.uri)).toString().replace('\\', '/')
        val file = LocalFileSystem.getInstance().refreshAndFindFileByPath(path) ?: return
        val start = next.edit.range.start
        service.host.onUiThread { OpenFileDescriptor(service.project, file, start.line, start.character).navigate(true) }
    }

    /** Move to the edit and show it; refused ones are not proposed again. Called on the UI thread. */
    private fun propose(service: CodegeexService, server: Server, looked: LookedAt, next: NextEdit) {
        val (document, words, edit) = Triple(looked.document, service.host.words, next.edit)
        fun fault() = whyNotEdit(edit, service.documents.find(document)?.version, document.isWritable)
        fun complain() = service.host.notify(service.project, Severity.WARNING, words(fault(), looked.file.name))
        if (fault().isNotEmpty()) return complain()
        val (start, end) = offsetAt(document, edit.range.start) to offsetAt(document, edit.range.end)
        looked.editor.caretModel.moveToOffset(start)
        looked.editor.scrollingModel.scrollToCaret(ScrollType.RELATIVE)
        server.didShow(next)
        val (before, after) = document.text.let { it to it.replaceRange(start, end, edit.newText) }
        val notes = listOf(next.reason).filter { it.isNotEmpty() }
        if (!ReviewDialog(service.project, words, looked.file.name, before, after, looked.file.fileType, notes).showAndGet()) return server.didReject(next)
        if (fault().isNotEmpty()) return complain()
        replace(service.project, document, start, end, edit.newText)
        service.inBackground { server.didAccept(next) }
    }
}
