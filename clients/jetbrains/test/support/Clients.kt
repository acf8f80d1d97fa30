package codegeex.test

import codegeex.lsp.AnswerListener
import codegeex.lsp.Launch
import codegeex.lsp.Server
import codegeex.lsp.ServerClient
import codegeex.lsp.ServerState
import codegeex.lsp.Status
import codegeex.lsp.Supervisor
import codegeex.lsp.Trouble
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

/** A client that remembers what a server reports. */
open class RecordingClient(private val command: List<String>, val folder: Path = temporaryFolder()) : ServerClient {
    val log = CopyOnWriteArrayList<String>()
    val started = CopyOnWriteArrayList<Server>()
    val status = MutableStateFlow<Status?>(null)
    var trouble: Trouble? = null
    var settings = emptyMap<String, Any?>()

    override suspend fun launch(): Launch {
        trouble?.let { throw it }
        return Launch(command, folder, mapOf("CODEGEEX_FAKE_STATE" to folder.resolve("state").toString()))
    }

    override fun settings() = settings

    override suspend fun onStart(server: Server) {
        started += server
    }

    override fun onLog(line: String) {
        log += line
    }

    override fun onStatus(status: Status) {
        this.status.value = status
    }

    suspend fun untilReady() = status.first { it != null && !it.busy }
}

fun realServer() = listOf(given("server"))

/** A script of ours that misbehaves as `mode` says. */
fun fakeServer(mode: String) = listOf(given("python"), given("fakes"), mode)

/** Run `body` with a supervisor of its own, whose server is stopped in the end. */
suspend fun supervised(client: RecordingClient, delaysMs: List<Long> = listOf(1, 1, 1), body: suspend (Supervisor) -> Unit) {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val supervisor = Supervisor(scope, client, delaysMs)
    try {
        body(supervisor)
    } finally {
        supervisor.stop()
        scope.cancel()
    }
}

suspend fun Supervisor.untilFailed(): Trouble = (state.first { it is ServerState.Failed } as ServerState.Failed).trouble

suspend fun Supervisor.untilOther(server: Server): Server =
    (state.first { it is ServerState.Running && it.server !== server } as ServerState.Running).server

class RecordingAnswer : AnswerListener {
    val text = StringBuffer()
    val stages = CopyOnWriteArrayList<String>()

    override fun onText(text: String) {
        this.text.append(text)
    }

    override fun onStage(stage: String) {
        stages += stage
    }
}
