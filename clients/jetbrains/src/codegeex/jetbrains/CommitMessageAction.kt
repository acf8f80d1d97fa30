package codegeex.jetbrains

import codegeex.lsp.Answer
import codegeex.lsp.AnswerListener
import codegeex.lsp.ResponseError
import codegeex.lsp.Server
import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.vcs.VcsDataKeys
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.io.File

// Whatever a repository's configuration names as programs is not run.
private val GIT_DIFF = listOf("git", "-c", "core.fsmonitor=false", "diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD")
private const val MAX_DIFF_BYTES = 1 shl 20 // many times what a model is shown

/** Writes a commit message into the box of the commit window: of what is staged, else of all that has changed. */
class CommitMessageAction : AnAction(), DumbAware {
    override fun getActionUpdateThread() = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) =
        event.presentation.setEnabledAndVisible(event.project != null && event.getData(VcsDataKeys.COMMIT_MESSAGE_CONTROL) != null)

    override fun actionPerformed(event: AnActionEvent) {
        val service = CodegeexService.getInstance(event.project ?: return)
        val box = event.getData(VcsDataKeys.COMMIT_MESSAGE_CONTROL) ?: return
        service.inBackground(onFault = { service.tell(it) }) {
            service.during(service.host.words("task.commitMessage.doing")) {
                val answer = write(service.server(), service.project.basePath.orEmpty())
                service.host.onUiThread { if (answer.text.isNotBlank()) box.setCommitMessage(answer.text.trim()) }
            }
        }
    }

    private suspend fun write(server: Server, folder: String): Answer = try {
        server.runTask("commitMessage", emptyMap(), Unheard)
    } catch (nothingStaged: ResponseError) {
        val diff = diffOf(folder)
        if (diff.isBlank()) throw nothingStaged
        server.runTask("commitMessage", mapOf("diff" to diff), Unheard)
    }

    private suspend fun diffOf(folder: String): String = runInterruptible(Dispatchers.IO) {
        val process = ProcessBuilder(GIT_DIFF).directory(File(folder)).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        process.outputStream.close()
        try {
            process.inputStream.use { String(it.readNBytes(MAX_DIFF_BYTES), Charsets.UTF_8) }
        } finally {
            process.destroy()
        }
    }

    private object Unheard : AnswerListener {
        override fun onText(text: String) = Unit

        override fun onStage(stage: String) = Unit
    }
}
