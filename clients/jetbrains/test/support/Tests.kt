package codegeex.test

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess

private const val TEST_MS = 120_000L

/** Tests of one program: `suite("name") { test("…") { … } }`. The last line of its output counts them. */
class Suite {
    private var passed = 0
    private val failed = mutableListOf<String>()

    fun test(name: String, body: suspend () -> Unit) {
        try {
            runBlocking(Dispatchers.Default) { withTimeout(TEST_MS) { body() } }
            passed++
            println("ok    $name")
        } catch (fault: Throwable) {
            failed += name
            println("FAIL  $name")
            if (fault is TimeoutCancellationException) println("      no end within ${TEST_MS / 1000} s")
            fault.printStackTrace(System.out)
        }
    }

    fun end(): Nothing {
        println("$passed passed, ${failed.size} failed")
        exitProcess(if (failed.isEmpty()) 0 else 1)
    }
}

fun suite(body: Suite.() -> Unit): Nothing = Suite().apply(body).end()

fun assertEquals(expected: Any?, actual: Any?, about: String = "") {
    if (expected != actual) throw AssertionError("$about\nexpected: $expected\nactual:   $actual")
}

fun assertTrue(condition: Boolean, about: String = "not true") {
    if (!condition) throw AssertionError(about)
}

inline fun <reified T : Throwable> assertThrows(body: () -> Unit): T {
    try {
        body()
    } catch (fault: Throwable) {
        if (fault is T) return fault
        throw AssertionError("threw $fault", fault)
    }
    throw AssertionError("nothing was thrown")
}

fun temporaryFolder(name: String = "project"): Path =
    Files.createTempDirectory("codegeex-test").resolve(name).also { Files.createDirectories(it) }

/** What the caller of the tests names: a system property. */
fun given(name: String): String = System.getProperty("codegeex.$name") ?: error("-Dcodegeex.$name=… is missing")
