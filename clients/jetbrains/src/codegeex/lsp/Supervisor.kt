package codegeex.lsp

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException

sealed interface ServerState {
    data object Off : ServerState
    data object Starting : ServerState
    data class Running(val server: Server) : ServerState
    data object Restarting : ServerState
    data class Failed(val trouble: Trouble) : ServerState
}

/** What a supervisor needs of the client it works for. */
interface ServerClient : ServerListener {
    /** Return how to start the server. Throws `Trouble`. */
    suspend fun launch(): Launch

    fun settings(): Map<String, Any?>

    /** A server has started; documents are opened in it here, before any request. */
    suspend fun onStart(server: Server)
}

/**
 * The server of one project: started when it is first needed, watched, and restarted after a crash, each time after a
 * longer pause. After too many crashes it stays down until the user restarts it.
 */
class Supervisor(
    private val scope: CoroutineScope,
    private val client: ServerClient,
    private val delaysMs: List<Long> = RESTART_DELAYS_MS,
    private val now: () -> Long = System::currentTimeMillis,
) {
    private val current = MutableStateFlow<ServerState>(ServerState.Off)
    private val turn = Mutex() // starting and stopping never overlap
    private var crashes = 0
    private var startedAt = 0L
    private var restart: Job? = null
    @Volatile private var process: Server? = null // also before it runs
    val state: StateFlow<ServerState> = current.asStateFlow()

    /** Return the running server; start it if it was never started. Throws `Trouble` if there is none. */
    suspend fun server(): Server {
        (current.value as? ServerState.Running)?.let { return it.server }
        if (current.compareAndSet(ServerState.Off, ServerState.Starting)) scope.launch { turn.withLock { start() } }
        return when (val settled = current.first { it !is ServerState.Starting && it !is ServerState.Restarting }) {
            is ServerState.Running -> settled.server
            is ServerState.Failed -> throw settled.trouble
            else -> throw Trouble("trouble.off")
        }
    }

    /** Return the running server, or null. Starts nothing. */
    fun runningServer(): Server? = (current.value as? ServerState.Running)?.server

    /** Restart at the user's request: earlier crashes are forgotten. */
    suspend fun restart() = turn.withLock {
        crashes = 0
        stopProcess()
        current.value = ServerState.Starting
        start()
    }

    suspend fun stop() = turn.withLock {
        stopProcess()
        current.value = ServerState.Off
    }

    /** End the process without waiting for it; nothing is started any more if the scope has ended. */
    fun dispose() {
        process?.stopSoon()
        process = null
    }

    private suspend fun start() {
        try {
            val server = launch()
            startedAt = now()
            process = server
            val isReady = withTimeoutOrNull(INITIALIZE_MS) {
                server.initialize(client.settings())
                check(server)
                client.onStart(server)
                true
            }
            if (isReady == null) throw IOException("the server did not answer within ${INITIALIZE_MS / 1000} s")
            // A server that ended in the meantime has not been seen running: count it as a crash.
            if (!server.isAlive) throw IOException("the server ended while it was starting")
            current.value = ServerState.Running(server)
            if (!server.isAlive) onEnd(server)
        } catch (cancelled: CancellationException) {
            process?.kill()
            throw cancelled
        } catch (trouble: Trouble) {
            process?.stop()
            process = null
            current.value = ServerState.Failed(trouble)
        } catch (fault: Exception) {
            client.onLog(fault.message ?: fault.toString())
            process?.kill()
            process = null
            crashed()
        }
    }

    private suspend fun launch(): Server {
        val launch = client.launch()
        client.onLog("Starting ${launch.command.joinToString(" ")}")
        try {
            return Server.start(launch, Watch())
        } catch (fault: IOException) {
            client.onLog(fault.message ?: fault.toString())
            throw Trouble("trouble.notRunnable", listOf(launch.command.first()), listOf(Remedy.CHOOSE, Remedy.INSTALL))
        }
    }

    private fun check(server: Server) {
        if (server.completes && !isOlder(server.version, OLDEST_SERVER)) return
        val arguments = listOf(server.version.ifEmpty { "?" }, OLDEST_SERVER)
        throw Trouble("trouble.tooOld", arguments, listOf(Remedy.INSTALL, Remedy.CHOOSE))
    }

    private suspend fun stopProcess() {
        restart?.cancel()
        val server = process
        process = null
        server?.stop()
    }

    /** The running server has ended by itself. */
    private fun onEnd(server: Server) {
        scope.launch {
            turn.withLock {
                if (process !== server || runningServer() !== server) return@withLock
                process = null
                crashed()
            }
        }
    }

    /** Restart after a pause, the longer the more often it has crashed. Called with the turn held. */
    private fun crashed() {
        if (now() - startedAt > HEALTHY_MS) crashes = 0
        val pause = delaysMs.getOrNull(crashes++)
        if (pause == null) {
            crashes = 0
            current.value = ServerState.Failed(Trouble("trouble.crashes", emptyList(), listOf(Remedy.RESTART, Remedy.LOG)))
            return
        }
        client.onLog("The server ended unexpectedly and is restarted in $pause ms.")
        current.value = ServerState.Restarting
        restart = scope.launch {
            delay(pause)
            turn.withLock { if (current.value is ServerState.Restarting) start() }
        }
    }

    private inner class Watch : ServerListener by client {
        override fun onEnd(server: Server) {
            client.onEnd(server)
            this@Supervisor.onEnd(server)
        }
    }

    companion object {
        const val OLDEST_SERVER = "0.1.0"
        val RESTART_DELAYS_MS = listOf(250L, 1_000L, 3_000L, 8_000L)
        private const val HEALTHY_MS = 60_000L // a server that lived so long has earned the shortest pause again
        private const val INITIALIZE_MS = 60_000L
    }
}

/** True if `version` is older than `other`; parts that are not numbers count as 0. */
fun isOlder(version: String, other: String): Boolean {
    fun parts(text: String) = text.split(".").map { part -> part.takeWhile { it.isDigit() }.toIntOrNull() ?: 0 }
    val (ours, theirs) = parts(version) to parts(other)
    for (index in 0 until 3) {
        val difference = (ours.getOrNull(index) ?: 0) - (theirs.getOrNull(index) ?: 0)
        if (difference != 0) return difference < 0
    }
    return false
}
