package codegeex.lsp

import java.io.File
import java.nio.file.Files
import java.nio.file.Path

private val IS_WINDOWS = System.getProperty("os.name").startsWith("Windows")
val SERVER_NAME = if (IS_WINDOWS) "codegeex-lsp.exe" else "codegeex-lsp"
val ENVIRONMENT_BIN = if (IS_WINDOWS) "Scripts" else "bin"

/**
 * Return the server's command: what the setting `server.path` names, else the one on `path` (the PATH of the user's
 * shell), else the installed one. A project's own virtual environment is not searched: its files are someone else's
 * program. Throws `Trouble`.
 */
fun findCommand(chosen: String, path: String, installFolder: Path): Path {
    if (chosen.isNotBlank()) {
        val named = expandHome(chosen.trim())
        return named?.takeIf(::isExecutable) ?: throw Trouble("trouble.badPath", listOf(chosen.trim()), listOf(Remedy.CHOOSE))
    }
    val folders = path.split(File.pathSeparatorChar).mapNotNull(::pathOrNull).filter { it.isAbsolute }
    // A Path is a list of its names: `+` would add those.
    return folders.plusElement(installFolder.resolve(ENVIRONMENT_BIN)).map { it.resolve(SERVER_NAME) }.firstOrNull(::isExecutable)
        ?: throw Trouble("trouble.missing", emptyList(), listOf(Remedy.INSTALL, Remedy.CHOOSE))
}

fun isExecutable(file: Path): Boolean = Files.isRegularFile(file) && Files.isExecutable(file)

private fun expandHome(path: String): Path? {
    val isBelowHome = path == "~" || path.startsWith("~/")
    return pathOrNull(if (isBelowHome) System.getProperty("user.home") + path.drop(1) else path)
}

private fun pathOrNull(text: String): Path? = runCatching { Path.of(text) }.getOrNull()
