package codegeex.jetbrains

import codegeex.text.Severity
import codegeex.text.endsWithComment
import codegeex.text.languageOfFile
import com.intellij.codeInsight.inline.completion.InlineCompletion
import com.intellij.codeInsight.inline.completion.InlineCompletionEvent
import com.intellij.codeInsight.intention.IntentionAction
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.util.UserDataHolderBase
import com.intellij.psi.PsiFile

/** Ask for a block below the comment at the cursor, as ghost text; say why there can be none. Called on the UI thread. */
fun generateFromComment(project: Project, editor: Editor) {
    val service = CodegeexService.getInstance(project)
    val obstacle = whyNotServed(editor, FileDocumentManager.getInstance().getFile(editor.document))
    if (!service.settings.isOn) return service.host.notify(project, Severity.WARNING, service.host.words("trouble.off"))
    if (obstacle.isNotEmpty()) return service.host.notify(project, Severity.WARNING, service.host.words(obstacle))
    val extra = UserDataHolderBase().apply { putUserData(REQUEST_EXTRA, mapOf("codegeex" to mapOf("mode" to "comment"))) }
    InlineCompletion.getHandlerOrNull(editor)?.invokeEvent(InlineCompletionEvent.ManualCall(editor, PROVIDER_ID, extra))
}

class GenerateAction : EditorAction() {
    override fun perform(project: Project, editor: Editor) = generateFromComment(project, editor)
}

/** The same in the list that Alt+Enter opens, at the end of a comment. */
class GenerateIntention : IntentionAction {
    override fun getText() = IdeHost.words("intention.generate")

    override fun getFamilyName() = IdeHost.words("intention.generate")

    override fun isAvailable(project: Project, editor: Editor?, file: PsiFile?): Boolean {
        val name = file?.virtualFile?.name ?: return false
        val document = editor?.document ?: return false
        val offset = editor.caretModel.offset
        val isAtLineEnd = offset == document.textLength || document.immutableCharSequence[offset] == '\n'
        return isAtLineEnd && endsWithComment(lineBefore(document, offset), languageOfFile(name))
    }

    override fun invoke(project: Project, editor: Editor?, file: PsiFile?) {
        if (editor != null) IdeHost.onUiThread { if (!editor.isDisposed) generateFromComment(project, editor) }
    }

    override fun startInWriteAction() = false
}
