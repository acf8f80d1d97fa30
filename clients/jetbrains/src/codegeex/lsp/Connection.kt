package codegeex.lsp

import kotlinx.coroutines.suspendCancellableCoroutine
import java.io.BufferedInputStream
import java.io.EOFException
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

/** An error that the server answered a request with, or the end of the connection. */
class ResponseError(val code: Int, message: String) : Exception(message)

const val REQUEST_CANCELLED = -32800
const val SERVER_ENDED = -32099

/** What a connection reports. Called on its reader thread: an implementation returns at once. */
interface ConnectionListener {
    fun onNotification(method: String, params: Any?)

    /** Return the result of a request of the server; an exception becomes an error response. */
    fun onRequest(method: String, params: Any?): Any?

    /** The connection has ended; `cause` is null if the server closed it. Called once. */
    fun onEnd(cause: Throwable?)
}

/**
 * JSON-RPC over a server's streams.
 *
 * Sending never blocks: a writer thread encodes and writes, in order. Texts in a message may be any immutable
 * CharSequence, so that a large document is not copied on the caller's thread. A request whose coroutine is cancelled is
 * cancelled at the server too.
 */
class Connection(input: InputStream, private val output: OutputStream, private val listener: ConnectionListener) {
    private val input = BufferedInputStream(input)
    private val lastId = AtomicLong()
    private val pending = ConcurrentHashMap<Long, (Result<Any?>) -> Unit>()
    private val outbox = LinkedBlockingQueue<Map<String, Any?>>()
    private val unsent = AtomicInteger()
    private val hasEnded = AtomicBoolean()

    fun start() {
        thread("codegeex-reader") { end(runCatching { readAll() }.exceptionOrNull()) }
        thread("codegeex-writer") { runCatching { writeAll() }.onFailure { end(it) } }
    }

    /** Send a request and return its result. Throws `ResponseError`. */
    suspend fun request(method: String, params: Any?): Any? = suspendCancellableCoroutine { waiting ->
        val id = lastId.incrementAndGet()
        pending[id] = { it.fold(waiting::resume, waiting::resumeWithException) }
        waiting.invokeOnCancellation {
            if (pending.remove(id) != null) notify("\$/cancelRequest", mapOf("id" to id))
        }
        if (hasEnded.get()) respond(id, Result.failure(endOfServer()))
        else send(mapOf("jsonrpc" to "2.0", "id" to id, "method" to method, "params" to params))
    }

    fun notify(method: String, params: Any?) = send(mapOf("jsonrpc" to "2.0", "method" to method, "params" to params))

    /** End the connection; each open request fails. */
    fun end(cause: Throwable?) {
        if (!hasEnded.compareAndSet(false, true)) return
        outbox.clear()
        outbox.add(STOP)
        for (id in pending.keys) respond(id, Result.failure(endOfServer()))
        runCatching { listener.onEnd(cause) }
    }

    private fun send(message: Map<String, Any?>) {
        if (hasEnded.get()) return
        outbox.add(message)
        if (unsent.incrementAndGet() > MAX_UNSENT) end(IOException("the server does not read its input"))
    }

    private fun writeAll() {
        while (true) {
            val message = outbox.take()
            if (message === STOP) return
            val body = Json.write(message).toByteArray()
            output.write("Content-Length: ${body.size}\r\n\r\n".toByteArray())
            output.write(body)
            if (outbox.isEmpty()) output.flush()
            unsent.decrementAndGet()
        }
    }

    private fun readAll() {
        while (true) receive(Json.read(nextMessage() ?: return).asObject())
    }

    private fun receive(message: Map<String, Any?>) {
        val method = message["method"] as? String
        val id = message["id"]
        when {
            method == null -> {
                val error = message["error"]
                val result = if (error == null) Result.success(message["result"])
                else Result.failure(ResponseError(error.asObject()["code"].asInt(), error.asObject()["message"].asString()))
                (id as? Number)?.let { respond(it.toLong(), result) }
            }
            id == null -> runCatching { listener.onNotification(method, message["params"]) }
            else -> {
                val answer = runCatching { listener.onRequest(method, message["params"]) }
                val outcome = answer.fold({ "result" to it }, {
                    "error" to mapOf("code" to METHOD_NOT_FOUND, "message" to (it.message ?: method))
                })
                send(mapOf("jsonrpc" to "2.0", "id" to id, outcome))
            }
        }
    }

    private fun respond(id: Long, result: Result<Any?>) {
        pending.remove(id)?.invoke(result)
    }

    /** Return the next message's body, null at the end of the stream. */
    private fun nextMessage(): String? {
        var length = -1
        while (true) {
            val line = headerLine() ?: return null
            if (line.isEmpty()) break
            if (line.startsWith(LENGTH, ignoreCase = true)) length = line.drop(LENGTH.length).trim().toIntOrNull() ?: -1
        }
        if (length !in 0..MAX_MESSAGE_BYTES) throw IOException("the server does not speak the Language Server Protocol")
        val body = input.readNBytes(length)
        if (body.size < length) throw EOFException("the server ended in the middle of a message")
        return String(body, Charsets.UTF_8)
    }

    private fun headerLine(): String? {
        val line = StringBuilder()
        while (true) {
            when (val byte = input.read()) {
                -1 -> return null
                '\n'.code -> return line.toString().trimEnd('\r')
                else -> line.append(byte.toChar())
            }
            if (line.length > MAX_HEADER_CHARS) throw IOException("the server does not speak the Language Server Protocol")
        }
    }

    private fun endOfServer() = ResponseError(SERVER_ENDED, "the server has ended")

    private fun thread(name: String, work: () -> Unit) = Thread(work, name).apply { isDaemon = true }.start()

    private companion object {
        const val LENGTH = "Content-Length:"
        const val METHOD_NOT_FOUND = -32601
        const val MAX_MESSAGE_BYTES = 1 shl 28
        const val MAX_HEADER_CHARS = 4096
        const val MAX_UNSENT = 10_000 // messages; a server that does not read for so long is lost
        val STOP = emptyMap<String, Any?>() + ("stop" to true)
    }
}
