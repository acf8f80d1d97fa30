package codegeex.jetbrains

import codegeex.lsp.Installer
import codegeex.lsp.Launch
import codegeex.lsp.Server
import codegeex.lsp.ServerClient
import codegeex.lsp.ServerState
import codegeex.lsp.Status
import codegeex.lsp.Supervisor
import codegeex.lsp.Trouble
import codegeex.lsp.findCommand
import codegeex.text.Choices
import codegeex.text.InEditor
import codegeex.text.Severity
import codegeex.text.ShownStatus
import codegeex.text.Situation
import codegeex.text.describe
import codegeex.text.invoke
import codegeex.text.sentence
import codegeex.ui.AskPanel
import com.intellij.openapi.Disposable
import com.intellij.openapi.application.readAction
import com.intellij.openapi.components.Service
import com.intellij.openapi.editor.EditorFactory
import com.intellij.openapi.editor.event.EditorFactoryEvent
import com.intellij.openapi.editor.event.EditorFactoryListener
import com.intellij.openapi.project.Project
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference

/** What the plugin is to one project: its server and its documents. Making one starts nothing. */
@Service(Service.Level.PROJECT)
class CodegeexService(
    val project: Project,
    private val scope: CoroutineScope,
    val host: Host,
    val settings: CodegeexSettings,
) : ServerClient, Disposable {
    constructor(project: Project, scope: CoroutineScope) : this(project, scope, IdeHost, CodegeexSettings.getInstance())

    val documents = Documents()
    val log = ServerLog()
    val supervisor = Supervisor(scope, this)
    val installFolder: Path get() = host.dataFolder.resolve("server")
    @Volatile var receipt: Map<String, Any?>? = null // what the last suggestion was made from
        private set
    var askPanel: AskPanel? = null // on the UI thread
    @Volatile private var status: Status? = null
    @Volatile private var activity = ""
    private val listeners = CopyOnWriteArrayList<() -> Unit>()
    private val isWatched = AtomicBoolean()
    private val isWatchingEditors = AtomicBoolean()
    private val onSettings: () -> Unit = { settingsChanged() }
    private var toldOf: Trouble? = null
    private val lastFault = AtomicReference<Throwable>() // that a message has shown
    private var startedWith = ""

    init {
        settings.addListener(onSettings)
    }

    /** Run work that may fail: a fault goes to the log, never to the IDE's error reporter. */
    fun inBackground(onFault: (Throwable) -> Unit = {}, work: suspend () -> Unit): Job = scope.launch {
        try {
            work()
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (fault: Throwable) {
            onLog(fault.toString())
            onFault(fault)
        }
    }

    /** Return the server, started if it must be. Throws `Trouble`, which the user has been told of. */
    suspend fun server(): Server {
        if (!settings.isOn) throw Trouble("trouble.off")
        if (supervisor.state.value is ServerState.Failed) lastFault.set(null) // a new request may show it again
        if (isWatched.compareAndSet(false, true)) inBackground { supervisor.state.collect { stateChanged(it) } }
        return supervisor.server()
    }

    override suspend fun launch(): Launch {
        val environment = host.environment()
        val chosen = settings.choices[Choices.SERVER_PATH]?.toString().orEmpty()
        startedWith = chosen
        val command = findCommand(chosen, environment["PATH"].orEmpty(), installFolder)
        val folder = project.basePath?.let(Path::of)?.takeIf(Files::isDirectory) ?: Path.of(System.getProperty("user.home"))
        return Launch(listOf(command.toString()), folder, environment, CLIENT_VERSION, host.words.language)
    }

    /** The client asks for receipts itself, so that "why this suggestion" can speak of the one on the screen. */
    override fun settings(): Map<String, Any?> = settings.choices.forServer() + ("context.receipts" to true)

    override suspend fun onStart(server: Server) = readAction { documents.openAll(server) }

    override fun onStatus(status: Status) {
        this.status = status
        changed()
    }

    override fun onReceipt(receipt: Map<String, Any?>) {
        this.receipt = receipt
    }

    override fun onLog(line: String) = log.add(line)

    override fun onMessage(type: Int, message: String) {
        val severity = if (type == LSP_ERROR) Severity.ERROR else if (type == LSP_WARNING) Severity.WARNING else Severity.NONE
        host.notify(project, severity, message)
    }

    /** `listener` is called on any thread when what the status bar shows may have changed. */
    fun addListener(listener: () -> Unit) {
        listeners += listener
    }

    fun removeListener(listener: () -> Unit) {
        listeners -= listener
    }

    fun shownStatus(inEditor: InEditor = InEditor()): ShownStatus = describe(
        Situation(settings.isOn, settings.disabledLanguages, inEditor, supervisor.state.value, status, activity), host.words,
    )

    /** Name what the server does at the user's request while `work` runs. */
    suspend fun <T> during(title: String, work: suspend () -> T): T {
        activity = title
        changed()
        try {
            return work()
        } finally {
            activity = ""
            changed()
        }
    }

    fun restart() = inBackground {
        toldOf = null
        supervisor.restart()
    }

    /** Install the server from a wheel file and start it. */
    fun install(wheel: Path) = inBackground(onFault = { tell(it) }) {
        during(host.words("install.running")) {
            supervisor.stop()
            Installer(installFolder, host.environment()) { onLog(it) }.install(wheel)
        }
        restart()
    }

    /** Show a fault: that of a server which fails to start once, though the failure and the waiting request report it. */
    fun tell(fault: Throwable) {
        if (lastFault.getAndSet(fault) === fault) return
        val buttons = if (fault is Trouble) fault.remedies.map { Button(host.words("remedy.${it.name.lowercase()}")) { remedy(this, it) } } else emptyList()
        host.notify(project, if (fault is Trouble) Severity.ERROR else Severity.WARNING, host.words.sentence(fault), buttons)
    }

    private fun stateChanged(state: ServerState) {
        if (state !is ServerState.Running) status = null
        if (state is ServerState.Failed && state.trouble != toldOf) {
            toldOf = state.trouble
            onLog(host.words(state.trouble))
            tell(state.trouble)
        }
        changed()
    }

    private fun settingsChanged() {
        inBackground {
            when {
                !settings.isOn -> supervisor.stop()
                startedWith != settings.choices[Choices.SERVER_PATH]?.toString().orEmpty() && supervisor.state.value != ServerState.Off -> supervisor.restart()
                else -> supervisor.runningServer()?.didChangeSettings(settings())
            }
            changed()
        }
    }

    private fun changed() = listeners.forEach { it() }

    /** Forget a document once its last editor has closed; from the first suggestion on. */
    fun watchEditors() {
        if (!isWatchingEditors.compareAndSet(false, true)) return
        EditorFactory.getInstance().addEditorFactoryListener(object : EditorFactoryListener {
            override fun editorReleased(event: EditorFactoryEvent) {
                val document = event.editor.document
                documents.find(document)?.offers?.remove(EditorSuggestions.known(event.editor)?.offers)
                val others = EditorFactory.getInstance().allEditors.any { it !== event.editor && it.document === document }
                if (!others) documents.release(document)
            }
        }, this)
    }

    /** The project closes: the server ends without anybody waiting for it. */
    override fun dispose() {
        settings.removeListener(onSettings)
        supervisor.dispose()
    }

    companion object {
        const val CLIENT_VERSION = "0.1.0"
        private const val LSP_ERROR = 1
        private const val LSP_WARNING = 2

        fun getInstance(project: Project): CodegeexService = project.getService(CodegeexService::class.java)
    }
}

/** The last lines that the server and the client have written. */
class ServerLog {
    private val lines = ArrayDeque<String>()

    @Synchronized
    fun add(line: String) {
        if (lines.size == MAX_LINES) lines.removeFirst()
        lines.addLast(line.take(MAX_LINE_CHARS))
    }

    @Synchronized
    fun text(): String = lines.joinToString("\n")

    private companion object {
        const val MAX_LINES = 2_000
        const val MAX_LINE_CHARS = 2_000
    }
}
