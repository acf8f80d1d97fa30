package codegeex.lsp

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong

/** How a server is started. */
data class Launch(
    val command: List<String>,
    val folder: Path, // the workspace folder
    val environment: Map<String, String> = emptyMap(), // besides that of this process
    val clientVersion: String = "0",
    val locale: String = "en",
)

/** What a server reports. Called on its reader thread: an implementation returns at once. */
interface ServerListener {
    fun onStatus(status: Status) {}
    fun onLog(line: String) {}
    fun onMessage(type: Int, message: String) {} // window/showMessage; type as LSP has it, 1 is an error
    fun onReceipt(receipt: Map<String, Any?>) {} // codegeex/contextReceipt
    fun onEnd(server: Server) {}
}

/** One `codegeex-lsp` process, and the messages it understands. Knows nothing of an IDE. */
class Server private constructor(private val process: Process, private val launch: Launch, private val listener: ServerListener) :
    ConnectionListener, DocumentSink {
    private val connection = Connection(process.inputStream, process.outputStream, this)
    private val lastToken = AtomicLong()
    private val progress = ConcurrentHashMap<String, (Map<String, Any?>) -> Unit>()
    @Volatile private var isStopping = false
    @Volatile private var hasEnded = false
    @Volatile var version = ""
        private set
    @Volatile var completes = false // the server offers inline completions
        private set
    val pid: Long get() = process.pid()
    val isAlive: Boolean get() = !hasEnded && process.isAlive

    suspend fun initialize(settings: Map<String, Any?>) {
        val folder = mapOf("uri" to launch.folder.toUri().toString().trimEnd('/'), "name" to (launch.folder.fileName?.toString() ?: ""))
        val result = connection.request("initialize", mapOf(
            "processId" to ProcessHandle.current().pid(),
            "clientInfo" to mapOf("name" to "JetBrains", "version" to launch.clientVersion),
            "locale" to launch.locale,
            "rootUri" to folder["uri"],
            "workspaceFolders" to listOf(folder),
            "initializationOptions" to settings,
            "capabilities" to mapOf(
                "general" to mapOf("positionEncodings" to listOf("utf-16")),
                "workspace" to mapOf("workspaceFolders" to true),
                "textDocument" to mapOf("inlineCompletion" to emptyMap<String, Any?>(), "synchronization" to emptyMap<String, Any?>()),
                "window" to mapOf("workDoneProgress" to false),
            ),
        )).asObject()
        version = result["serverInfo"].asObject()["version"].asString()
        completes = result["capabilities"].asObject()["inlineCompletionProvider"].let { it != null && it != false }
        connection.notify("initialized", emptyMap<String, Any?>())
    }

    override fun didOpen(uri: String, languageId: String, version: Int, text: CharSequence) = connection.notify(
        "textDocument/didOpen",
        mapOf("textDocument" to mapOf("uri" to uri, "languageId" to languageId, "version" to version, "text" to text)),
    )

    override fun didChange(uri: String, version: Int, range: Range, text: CharSequence) = connection.notify(
        "textDocument/didChange",
        mapOf(
            "textDocument" to mapOf("uri" to uri, "version" to version),
            "contentChanges" to listOf(mapOf("range" to range.toJson(), "text" to text)),
        ),
    )

    override fun didClose(uri: String) = connection.notify("textDocument/didClose", mapOf("textDocument" to mapOf("uri" to uri)))

    fun didChangeSettings(settings: Map<String, Any?>) =
        connection.notify("workspace/didChangeConfiguration", mapOf("settings" to mapOf("codegeex" to settings)))

    /** Return the completions at a cursor, the best first. `extra` is sent along with the request's parameters. */
    suspend fun complete(uri: String, at: Position, isExplicit: Boolean, extra: Map<String, Any?> = emptyMap()): List<Item> {
        val result = connection.request("textDocument/inlineCompletion", extra + mapOf(
            "textDocument" to mapOf("uri" to uri),
            "position" to at.toJson(),
            "context" to mapOf("triggerKind" to if (isExplicit) 1 else 2),
        ))
        val items = if (result is List<*>) result else result.asObject()["items"].asArray()
        return items.map { Item(it.asObject()) }
    }

    fun didShow(item: Item) = connection.notify("textDocument/didShowCompletion", mapOf("item" to item.raw))

    fun didPartiallyAccept(item: Item, length: Int) = connection.notify(
        "textDocument/didPartiallyAcceptCompletion", mapOf("item" to item.raw, "acceptedLength" to length),
    )

    fun didDismiss(item: Item) = connection.notify("textDocument/didDismissCompletion", mapOf("item" to item.raw))

    suspend fun didAccept(item: Item) {
        val command = item.raw["command"].asObject()
        if (command.isNotEmpty()) execute(command["command"].asString(), command["arguments"].asArray())
    }

    /** Return what the user probably changes next, or why nothing is proposed. */
    suspend fun nextEdit(uri: String, version: Int, at: Position): Pair<NextEdit?, String> {
        val document = mapOf("uri" to uri, "version" to version)
        val result = connection.request("codegeex/nextEdit", mapOf("textDocument" to document, "position" to at.toJson())).asObject()
        return result["edits"].asArray().firstNotNullOfOrNull { NextEdit.of(it) } to result["silence"].asString()
    }

    fun didShow(edit: NextEdit) = connection.notify("textDocument/didShowInlineEdit", mapOf("item" to mapOf("command" to edit.command)))

    fun didReject(edit: NextEdit) = connection.notify("notifyNextEditRejected", mapOf("uuid" to edit.id, "reason" to "rejected"))

    suspend fun didAccept(edit: NextEdit) = execute(edit.command["command"].asString(), edit.command["arguments"].asArray())

    suspend fun execute(command: String, arguments: List<Any?>): Any? =
        connection.request("workspace/executeCommand", mapOf("command" to command, "arguments" to arguments))

    suspend fun statistics(): Map<String, Any?> = connection.request("codegeex/statistics", null).asObject()

    suspend fun models(): List<Model> = connection.request("codegeex/models", null).asArray().map { Model.of(it) }

    suspend fun ask(params: Map<String, Any?>, listener: AnswerListener): Answer =
        Answer.of(streamed(listener) { tokens -> connection.request("codegeex/ask", params + tokens) })

    /** Carry out a task and return its answer; the server changes nothing itself. */
    suspend fun runTask(task: String, argument: Map<String, Any?>, listener: AnswerListener): Answer =
        Answer.of(streamed(listener) { tokens -> execute("codegeex.$task", listOf(argument + tokens + ("apply" to false))) })

    fun forgetConversation(id: String) = connection.notify("codegeex/forgetConversation", mapOf("conversationId" to id))

    /** Return what `request` returns; while it runs, the listener hears of its progress. */
    private suspend fun streamed(listener: AnswerListener, request: suspend (Map<String, Any?>) -> Any?): Any? {
        val token = "answer-${lastToken.incrementAndGet()}"
        progress[token] = {
            when (it["kind"]) {
                "text" -> listener.onText(it["text"].asString())
                "stage" -> listener.onStage(it["stage"].asString())
            }
        }
        listener.onBegin { connection.notify("window/workDoneProgress/cancel", mapOf("token" to token)) }
        try {
            return request(mapOf("partialResultToken" to token, "workDoneToken" to token))
        } finally {
            progress.remove(token)
        }
    }

    override fun onNotification(method: String, params: Any?) {
        val fields = params.asObject()
        when (method) {
            "codegeex/didChangeStatus" -> listener.onStatus(Status.of(params))
            "codegeex/contextReceipt" -> listener.onReceipt(fields)
            "\$/progress" -> progress[fields["token"].asString()]?.invoke(fields["value"].asObject())
            "window/logMessage" -> listener.onLog(fields["message"].asString())
            "window/showMessage" -> listener.onMessage(fields["type"].asInt(), fields["message"].asString())
        }
    }

    override fun onRequest(method: String, params: Any?): Any? = when (method) {
        "workspace/configuration" -> params.asObject()["items"].asArray().map { null }
        "window/showMessageRequest" -> {
            listener.onMessage(params.asObject()["type"].asInt(), params.asObject()["message"].asString())
            null
        }
        "window/workDoneProgress/create", "client/registerCapability", "client/unregisterCapability" -> null
        else -> throw UnsupportedOperationException("$method is not supported")
    }

    override fun onEnd(cause: Throwable?) {
        if (cause != null && !isStopping) listener.onLog("The connection to the server ended: ${cause.message ?: cause}")
        hasEnded = true
        process.destroy()
        listener.onEnd(this)
    }

    /** End the server: politely, then by force. Returns when the process has ended. */
    suspend fun stop() = withContext(NonCancellable) {
        isStopping = true
        withTimeoutOrNull(POLITE_MS) {
            runCatching {
                connection.request("shutdown", null)
                connection.notify("exit", null)
                onExit(process)
            }
        }
        kill()
        onExit(process)
    }

    /** End the server from a thread of its own: whoever closes a project waits for nothing. */
    fun stopSoon() {
        isStopping = true
        Thread({ runCatching { runBlocking { stop() } } }, "codegeex-stop").apply { isDaemon = true }.start()
    }

    fun kill() {
        isStopping = true
        process.destroyForcibly()
    }

    companion object {
        private const val POLITE_MS = 2_000L

        /** Start the process; `initialize` comes next. Throws IOException if the command cannot be run. */
        fun start(launch: Launch, listener: ServerListener): Server {
            val builder = ProcessBuilder(launch.command).directory(launch.folder.toFile())
            builder.environment() += launch.environment
            val process = builder.start()
            Thread({
                runCatching { process.errorReader().forEachLine { listener.onLog(it) } }
            }, "codegeex-log").apply { isDaemon = true }.start()
            return Server(process, launch, listener).apply { connection.start() }
        }

        private suspend fun onExit(process: Process) {
            while (process.isAlive) withContext(Dispatchers.IO) { process.waitFor(100, TimeUnit.MILLISECONDS) }
        }
    }
}
