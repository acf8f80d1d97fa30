package codegeex.jetbrains

import codegeex.lsp.Answer
import codegeex.lsp.AnswerListener
import codegeex.lsp.Server
import codegeex.lsp.Source
import codegeex.text.Conversation
import codegeex.text.Conversations
import codegeex.text.TokenKind
import codegeex.text.isWebAddress
import codegeex.text.sentence
import codegeex.ui.AnswerEvents
import codegeex.ui.AskHost
import codegeex.ui.AskPanel
import codegeex.ui.CodeAction
import codegeex.ui.EditorColors
import codegeex.ui.Mention
import codegeex.ui.Palette
import codegeex.ui.Question
import com.intellij.ide.BrowserUtil
import com.intellij.openapi.editor.DefaultLanguageHighlighterColors
import com.intellij.openapi.editor.colors.EditorColorsManager
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.fileEditor.OpenFileDescriptor
import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.LocalFileSystem
import com.intellij.openapi.wm.ToolWindow
import com.intellij.openapi.wm.ToolWindowFactory
import com.intellij.openapi.wm.ToolWindowManager
import com.intellij.ui.content.ContentFactory
import java.net.URI
import java.nio.file.Path
import javax.swing.Timer

const val TOOL_WINDOW_ID = "CodeGeeX"
private const val LOOK_MS = 400 // between two looks at what is in the editor, while the panel is shown

class AskToolWindowFactory : ToolWindowFactory, DumbAware {
    override fun createToolWindowContent(project: Project, toolWindow: ToolWindow) {
        val service = CodegeexService.getInstance(project)
        val panel = AskPanel(service.host.words, IdeAskHost(service))
        service.askPanel = panel
        val look = Timer(LOOK_MS) { if (panel.isShowing && !project.isDisposed) panel.showLookedAt(LookedAt.now(project)?.label().orEmpty()) }
        panel.addHierarchyListener { if (panel.isShowing) look.start() else look.stop() }
        toolWindow.contentManager.addContent(ContentFactory.getInstance().createContent(panel, null, false))
    }
}

/** Open the tool window, then do something with its panel. */
fun withAskPanel(project: Project, use: (AskPanel) -> Unit) {
    val window = ToolWindowManager.getInstance(project).getToolWindow(TOOL_WINDOW_ID) ?: return
    window.activate { CodegeexService.getInstance(project).askPanel?.let(use) }
}

class IdeAskHost(private val service: CodegeexService) : AskHost {
    private val project = service.project
    private val conversations = Conversations(service.host.dataFolder.resolve("conversations"), project.basePath.orEmpty())

    override fun ask(question: Question, events: AnswerEvents): () -> Unit {
        val looked = if (question.looksAt) LookedAt.now(project) else null
        val forward = Forward(events)
        val job = service.inBackground(onFault = { fault -> later { events.onFault(service.host.words.sentence(fault)) } }) {
            val server = service.server()
            val answer = request(server, question, looked, forward)
            later { events.onAnswer(answer) }
        }
        return {
            val stop = forward.stop
            if (stop != null) stop() else {
                job.cancel()
                events.onAnswer(Answer.of(mapOf("stopped" to true)))
            }
        }
    }

    private suspend fun request(server: Server, question: Question, looked: LookedAt?, forward: Forward): Answer {
        val place = looked?.let { service.serve(server, it) }
        if (question.task.isNotEmpty()) {
            val argument = mapOf("uri" to place?.uri, "range" to place?.range?.toJson()).filterValues { it != null }
            return server.runTask(question.task, argument, forward)
        }
        val about = if (place == null) emptyMap() else mapOf("textDocument" to mapOf("uri" to place.uri)) +
            if (looked?.hasSelection == true) mapOf("range" to place.range.toJson()) else emptyMap()
        val conversation = question.conversation
        val known = mapOf("question" to question.text, "conversationId" to conversation.id, "history" to conversation.history())
        return server.ask(known + about, forward)
    }

    /** Takes what the server reports to the UI thread. */
    private inner class Forward(private val events: AnswerEvents) : AnswerListener {
        @Volatile var stop: (() -> Unit)? = null

        override fun onBegin(stop: () -> Unit) {
            this.stop = stop
        }

        override fun onText(text: String) = later { events.onText(text) }

        override fun onStage(stage: String) = later { events.onStage(stage) }
    }

    override fun act(action: CodeAction, code: String, language: String) = actOnCode(service, action, code, language)

    override fun openSource(source: Source) {
        service.inBackground {
            val path = Path.of(URI(source.uri)).toString()
            val file = LocalFileSystem.getInstance().refreshAndFindFileByPath(path.replace('\\', '/')) ?: return@inBackground
            later { OpenFileDescriptor(project, file, source.line, 0).navigate(true) }
        }
    }

    override fun browse(address: String) {
        if (isWebAddress(address)) BrowserUtil.browse(address)
    }

    override fun mentions(): List<Mention> {
        val words = service.host.words
        val base = project.basePath.orEmpty() + "/"
        val files = FileEditorManager.getInstance(project).openFiles.filter { it.path.startsWith(base) }.map { it.path.removePrefix(base) }
        return listOf(
            Mention("#selection", words("mention.selection")), Mention("#file:", words("mention.file")),
            Mention("#symbol:", words("mention.symbol")), Mention("@workspace", words("mention.workspace")),
        ) + files.map { Mention(if (' ' in it) "#file:\"$it\"" else "#file:$it", "") }
    }

    override fun palette() = Palette.current(editorColors())

    override fun beginConversation(): Conversation = conversations.begin()

    override fun keep(conversation: Conversation) {
        service.inBackground { conversations.keep(conversation) }
    }

    override fun listConversations(show: (List<Conversation>) -> Unit) {
        service.inBackground { conversations.list().let { later { show(it) } } }
    }

    override fun forget(conversation: Conversation) {
        service.inBackground {
            conversations.remove(conversation.id)
            service.supervisor.runningServer()?.forgetConversation(conversation.id)
        }
    }

    private fun later(work: () -> Unit) = service.host.onUiThread { if (!project.isDisposed) work() }
}

private fun editorColors(): EditorColors {
    val scheme = EditorColorsManager.getInstance().globalScheme
    val keys = mapOf(
        TokenKind.KEYWORD to DefaultLanguageHighlighterColors.KEYWORD, TokenKind.STRING to DefaultLanguageHighlighterColors.STRING,
        TokenKind.COMMENT to DefaultLanguageHighlighterColors.LINE_COMMENT, TokenKind.NUMBER to DefaultLanguageHighlighterColors.NUMBER,
    )
    val tokens = keys.mapNotNull { (kind, key) -> scheme.getAttributes(key)?.foregroundColor?.let { kind to it } }.toMap()
    return EditorColors(scheme.defaultBackground, scheme.editorFontName, scheme.editorFontSize, tokens)
}
