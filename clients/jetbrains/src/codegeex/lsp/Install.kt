package codegeex.lsp

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

private val PYTHONS = if (System.getProperty("os.name").startsWith("Windows")) listOf("py", "python") else listOf("python3", "python")
private const val OLDEST_PYTHON = "3.10"
private const val INSTALL_MINUTES = 15L

/** Makes a virtual environment of its own with the server from a wheel file. */
class Installer(
    private val folder: Path,
    private val environment: Map<String, String>,
    private val pythons: List<String> = PYTHONS,
    private val log: (String) -> Unit,
) {
    /** Install the server from `wheel`; an earlier installation is replaced. Throws `Trouble`. */
    suspend fun install(wheel: Path) {
        val python = findPython()
        try {
            deleteFolder()
            Files.createDirectories(folder.parent)
            run(python, "-m", "venv", folder.toString())
            val own = folder.resolve(ENVIRONMENT_BIN).resolve("python").toString()
            run(own, "-m", "pip", "install", "--disable-pip-version-check", wheel.toString())
        } catch (fault: Exception) {
            log(fault.message ?: fault.toString())
            deleteFolder()
            throw Trouble("trouble.install", emptyList(), listOf(Remedy.LOG, Remedy.INSTALL))
        }
    }

    private suspend fun findPython(): String {
        val check = "import sys, venv; sys.exit(sys.version_info < (${OLDEST_PYTHON.replace(".", ", ")}))"
        return pythons.firstOrNull { runCatching { run(it, "-c", check) }.isSuccess }
            ?: throw Trouble("trouble.python", listOf(OLDEST_PYTHON), listOf(Remedy.INSTALL, Remedy.CHOOSE))
    }

    private suspend fun run(vararg command: String) = runInterruptible(Dispatchers.IO) {
        log(command.joinToString(" "))
        val builder = ProcessBuilder(*command).redirectErrorStream(true)
        builder.environment() += environment
        val process = builder.start()
        try {
            process.outputStream.close()
            process.inputReader().forEachLine(log)
            check(process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) { "${command.first()} did not end" }
            check(process.exitValue() == 0) { "${command.first()} ended with ${process.exitValue()}" }
        } finally {
            process.destroyForcibly()
        }
    }

    private fun deleteFolder() {
        folder.toFile().deleteRecursively()
    }
}
