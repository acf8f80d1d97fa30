package codegeex.test

import codegeex.lsp.Json
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import java.nio.file.Path
import java.util.Collections
import kotlin.system.exitProcess

/** Type a text into the provider at a fixed pace; the last line printed is each suggestion's milliseconds, as JSON. */
fun main(arguments: Array<String>) {
    startPlatform()
    val (folder, typed, pace) = Triple(Path.of(arguments[0]), Files.readString(Path.of(arguments[1])), arguments[2].toLong())
    val times = Collections.synchronizedList(mutableListOf<Double>())
    runBlocking(Dispatchers.Default) {
        TestProject(folder).use { project ->
            project.untilReady()
            val editor = TestEditor(project, "cart.py", "")
            editor.texts(editor.typing())
            val began = System.nanoTime()
            for ((index, char) in typed.withIndex()) {
                val pressed = System.nanoTime()
                editor.onShow = { times += (System.nanoTime() - pressed) / 1e6 }
                editor.type(char)
                delay(maxOf(0, pace * (index + 1) - (System.nanoTime() - began) / 1_000_000))
            }
            delay(1_000)
        }
    }
    println(Json.write(times.toList()))
    exitProcess(0)
}
