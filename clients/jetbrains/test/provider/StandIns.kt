package codegeex.test

import codegeex.jetbrains.Button
import codegeex.jetbrains.CodegeexInlineCompletionProvider
import codegeex.jetbrains.CodegeexService
import codegeex.jetbrains.CodegeexSettings
import codegeex.jetbrains.Host
import codegeex.text.Severity
import codegeex.text.Words
import com.intellij.codeInsight.inline.completion.InlineCompletion
import com.intellij.codeInsight.inline.completion.InlineCompletionEvent
import com.intellij.codeInsight.inline.completion.InlineCompletionEventType
import com.intellij.codeInsight.inline.completion.InlineCompletionHandler
import com.intellij.codeInsight.inline.completion.InlineCompletionInsertEnvironment
import com.intellij.codeInsight.inline.completion.InlineCompletionRequest
import com.intellij.codeInsight.inline.completion.TypingEvent
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionVariant
import com.intellij.openapi.application.LOCK
import com.intellij.openapi.editor.CaretModel
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.EditorKind
import com.intellij.openapi.editor.impl.DocumentImpl
import com.intellij.openapi.project.Project
import com.intellij.openapi.util.Key
import com.intellij.openapi.util.TextRange
import com.intellij.openapi.util.UserDataHolderBase
import com.intellij.psi.PsiFile
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.withLock
import java.nio.file.Path
import java.util.Locale
import java.util.concurrent.CopyOnWriteArrayList

/** An IDE that runs everything at once and remembers what the user was told. */
class TestHost(private val path: String, override val dataFolder: Path = temporaryFolder("data")) : Host {
    override val words = Words(Locale.ENGLISH)
    override val bundledWheel: Path? = null
    val told = CopyOnWriteArrayList<String>()
    val buttons = CopyOnWriteArrayList<Button>()

    override fun environment(): Map<String, String> = System.getenv() + ("PATH" to path)

    override fun onUiThread(work: () -> Unit) = work()

    override fun notify(project: Project, severity: Severity, message: String, buttons: List<Button>) {
        told += message
        this.buttons.addAll(buttons)
    }

    override fun openText(project: Project, name: String, text: String) {
        told += "$name: $text"
    }
}

/** A project with the plugin's service. */
class TestProject(val folder: Path = temporaryFolder(), path: String = Path.of(given("server")).parent.toString()) : AutoCloseable {
    val host = TestHost(path)
    val settings = CodegeexSettings()
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    lateinit var service: CodegeexService
    val project = standIn<Project> { name, _ ->
        when (name) {
            "getBasePath" -> folder.toString()
            "getService" -> service
            "isDisposed" -> false
            else -> null
        }
    }

    init {
        service = CodegeexService(project, scope, host, settings)
    }

    suspend fun untilReady() {
        service.server()
        val ready = CompletableDeferred<Unit>()
        val check = { if (service.shownStatus().detail.let { it != "Loading the model." && "start" !in it }) ready.complete(Unit) }
        service.addListener { check() }
        check()
        ready.await()
    }

    override fun close() = service.dispose()
}

/** Plays the platform in one editor: the session of a suggestion, and the events of it. */
class TestEditor(private val test: TestProject, name: String, text: String) {
    val document: DocumentImpl = documentOf(text)
    val provider = CodegeexInlineCompletionProvider()
    private val data = UserDataHolderBase()
    private val handler = object : InlineCompletionHandler() {}
    private val file = virtualFile(test.folder.resolve(name))
    var offset = text.length
    var carets = 1
    var isDisposed = false
    var shown = "" // what is left of the suggestion on the screen
    var onShow: () -> Unit = {}
    private var variants: List<InlineCompletionVariant> = emptyList()
    private var variant = 0
    private var job: Job? = null
    val editor = standIn<Editor> { name, arguments ->
        @Suppress("UNCHECKED_CAST")
        when (name) {
            "getDocument" -> document
            "getProject" -> test.project
            "getEditorKind" -> EditorKind.MAIN_EDITOR
            "isViewer" -> false
            "isDisposed" -> isDisposed
            "getCaretModel" -> standIn<CaretModel> { member, _ -> if (member == "getCaretCount") carets else offset }
            "getUserData" -> data.getUserData(arguments[0] as Key<Any>)
            "putUserData" -> data.putUserData(arguments[0] as Key<Any>, arguments[1])
            else -> null
        }
    }
    private val psi = standIn<PsiFile> { member, _ -> if (member == "getVirtualFile") file else null }

    init {
        InlineCompletion.handlers[editor] = handler
    }

    fun typing() = InlineCompletionEvent.DocumentChange(standIn<TypingEvent> { _, _ -> null }, editor)

    fun explicit() = InlineCompletionEvent.DirectCall(editor, standIn { _, _ -> null }, null)

    fun manual(extra: Map<String, Any?>) = InlineCompletionEvent.ManualCall(
        editor, provider.id, UserDataHolderBase().apply { putUserData(codegeex.jetbrains.REQUEST_EXTRA, extra) },
    )

    /** Edit as the platform does: in a write action. */
    fun replace(start: Int, end: Int, text: String) = runBlocking { LOCK.withLock { document.replaceString(start, end, text) } }

    /** Ask as a key does, and show what comes; the next key cancels it. */
    fun request(event: InlineCompletionEvent = typing()): Job {
        val request = InlineCompletionRequest(event, psi, editor, document, offset, offset, null)
        return test.scope.launch {
            val answer = provider.getSuggestion(request).getVariants()
            variants = answer
            if (answer.isNotEmpty()) show(0)
        }.also { job = it }
    }

    suspend fun texts(event: InlineCompletionEvent = explicit()): List<String> {
        request(event).join()
        return variants.map { text(it) }
    }

    suspend fun show(index: Int) {
        variant = index
        shown = text(variants[index])
        onShow()
        fire(InlineCompletionEventType.Show(index, variants[index].elements.first(), 0))
    }

    private suspend fun text(variant: InlineCompletionVariant) = variant.elements.toList().joinToString("") { it.text }

    /** Type a character: the suggestion goes on, or is hidden and asked for again. */
    fun type(char: Char) {
        job?.cancel()
        val follows = shown.startsWith(char)
        insert(char.toString())
        if (follows) shown = shown.drop(1)
        if (follows && shown.isNotEmpty()) return
        hide()
        request()
    }

    fun hide() {
        shown = ""
        fire(InlineCompletionEventType.Hide())
    }

    /** Press Tab, in the order of the platform's events. */
    suspend fun accept() {
        val (text, start) = shown to offset
        fire(InlineCompletionEventType.Insert)
        hide()
        insert(text)
        val environment = InlineCompletionInsertEnvironment(editor, psi, TextRange(start, offset))
        variants[variant].data.copyUserDataTo(environment)
        provider.insertHandler.afterInsertion(environment, variants[variant].elements.toList())
        fire(InlineCompletionEventType.AfterInsert)
    }

    /** Take the first characters, as the platform's actions for a word or a line do. */
    fun take(count: Int) {
        insert(shown.take(count))
        shown = shown.drop(count)
    }

    private fun insert(text: String) {
        replace(offset, offset, text)
        offset += text.length
    }

    private fun fire(event: InlineCompletionEventType) = handler.listeners.forEach { it.on(event) }
}
