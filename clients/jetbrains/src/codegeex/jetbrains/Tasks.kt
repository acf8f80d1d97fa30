package codegeex.jetbrains

import codegeex.lsp.Answer
import codegeex.lsp.AnswerListener
import codegeex.text.Severity
import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.EditorKind
import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.project.Project
import java.net.URI
import java.nio.file.Path

// What is offered; any other can be typed.
private val TARGETS = listOf("python", "java", "javascript", "typescript", "go", "rust", "cpp", "csharp", "kotlin", "swift", "php", "ruby")

/** An action in an editor's file. */
abstract class EditorAction : AnAction(), DumbAware {
    override fun getActionUpdateThread() = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) {
        val editor = event.getData(CommonDataKeys.EDITOR)
        event.presentation.setEnabledAndVisible(event.project != null && editor?.editorKind == EditorKind.MAIN_EDITOR)
    }

    override fun actionPerformed(event: AnActionEvent) {
        perform(event.project ?: return, event.getData(CommonDataKeys.EDITOR) ?: return)
    }

    abstract fun perform(project: Project, editor: Editor)
}

class AskAction : AnAction(), DumbAware {
    override fun getActionUpdateThread() = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) = event.presentation.setEnabledAndVisible(event.project != null)

    override fun actionPerformed(event: AnActionEvent) {
        event.project?.let { project -> withAskPanel(project) { it.focusQuestion() } }
    }
}

class ExplainAction : EditorAction() {
    override fun perform(project: Project, editor: Editor) {
        val words = CodegeexService.getInstance(project).host.words
        val label = LookedAt.of(editor)?.label() ?: return
        withAskPanel(project) { panel ->
            panel.showLookedAt(label)
            panel.ask(words("task.explain.question"), task = "explain")
        }
    }
}

/** A task that proposes a change, which the user reviews before anything is changed. */
abstract class ChangeAction(private val task: String) : EditorAction() {
    /** Return what the task needs to know besides the place; null if the user thought better of it. Called on the UI thread. */
    open fun ask(service: CodegeexService, looked: LookedAt): Map<String, Any?>? = emptyMap()

    override fun perform(project: Project, editor: Editor) {
        val service = CodegeexService.getInstance(project)
        val words = service.host.words
        val looked = LookedAt.of(editor) ?: return service.host.notify(project, Severity.WARNING, words("edit.openFile"))
        val extra = ask(service, looked) ?: return
        service.inBackground(onFault = { service.tell(it) }) {
            service.during(words("task.$task.doing")) {
                val server = service.server()
                val place = service.serve(server, looked)
                val argument = mapOf("uri" to place.uri, "range" to place.range.toJson()) + extra
                val answer = server.runTask(task, argument, Unheard)
                service.host.onUiThread { if (!answer.stopped) review(service, looked, place.text, answer) }
            }
        }
    }

    private object Unheard : AnswerListener {
        override fun onText(text: String) = Unit

        override fun onStage(stage: String) = Unit
    }
}

/** Show what an answer would change, and make the change if the user accepts it. Called on the UI thread. */
private fun review(service: CodegeexService, looked: LookedAt, before: String, answer: Answer) {
    val (project, words, edit) = Triple(service.project, service.host.words, answer.edit)
    fun complain(key: String) = service.host.notify(project, Severity.WARNING, words(key, looked.file.name))
    when {
        edit != null -> {
            val document = looked.document
            fun fault() = whyNotEdit(edit, service.documents.find(document)?.version, document.isWritable)
            if (fault().isNotEmpty()) return complain(fault())
            val (start, end) = offsetAt(document, edit.range.start) to offsetAt(document, edit.range.end)
            val after = before.replaceRange(start, end, edit.newText)
            if (after == before) return complain("edit.nothing")
            if (!ReviewDialog(project, words, looked.file.name, before, after, looked.file.fileType, answer.warnings).showAndGet()) return
            if (fault().isEmpty()) replace(project, document, start, end, edit.newText) else complain(fault())
        }
        answer.code.isBlank() -> service.host.notify(project, Severity.WARNING, answer.warnings.joinToString("\n").ifEmpty { words("edit.nothing") })
        answer.newUri.isEmpty() -> service.host.openText(project, "codegeex.txt", answer.code)
        else -> {
            val path = Path.of(URI(answer.newUri))
            val code = answer.code.trimEnd() + "\n"
            if (ReviewDialog(project, words, path.fileName.toString(), "", code, null, answer.warnings).showAndGet()) createFile(service, path, code)
        }
    }
}

class CommentAction : ChangeAction("comment")

class DocumentAction : ChangeAction("document")

class TestsAction : ChangeAction("tests")

class TranslateAction : ChangeAction("translate") {
    override fun ask(service: CodegeexService, looked: LookedAt): Map<String, Any?>? {
        val words = service.host.words
        val target = PromptDialog(service.project, words("task.translate.title"), words("task.translate.ask"), TARGETS).ask()
        return if (target.isEmpty()) null else mapOf("target" to target)
    }
}

class FixAction : ChangeAction("fix") {
    override fun ask(service: CodegeexService, looked: LookedAt): Map<String, Any?>? {
        val words = service.host.words
        val wrong = PromptDialog(service.project, words("task.fix.title"), words("task.fix.ask")).ask()
        return if (wrong.isEmpty()) null else mapOf("diagnostic" to mapOf("message" to wrong))
    }
}

class EditAction : ChangeAction("edit") {
    override fun ask(service: CodegeexService, looked: LookedAt): Map<String, Any?>? {
        val words = service.host.words
        val instruction = PromptDialog(service.project, words("task.edit.title"), words("task.edit.ask")).ask()
        return if (instruction.isEmpty()) null else mapOf("instruction" to instruction)
    }
}
