package codegeex.text

/** LSP's language ids by file extension, where they differ from it. */
private val BY_EXTENSION = mapOf(
    "bash" to "shellscript", "c" to "c", "cc" to "cpp", "cjs" to "javascript", "cs" to "csharp", "cxx" to "cpp", "erl" to "erlang",
    "ex" to "elixir", "exs" to "elixir", "fs" to "fsharp", "h" to "c", "hh" to "cpp", "hpp" to "cpp", "hs" to "haskell",
    "htm" to "html", "jl" to "julia", "js" to "javascript", "jsx" to "javascriptreact", "kt" to "kotlin", "kts" to "kotlin",
    "m" to "objective-c", "markdown" to "markdown", "md" to "markdown", "mjs" to "javascript", "ml" to "ocaml", "mm" to "objective-cpp",
    "mts" to "typescript", "pl" to "perl", "pm" to "perl", "ps1" to "powershell", "py" to "python", "pyi" to "python", "pyw" to "python",
    "rb" to "ruby", "rs" to "rust", "sc" to "scala", "sh" to "shellscript", "tex" to "latex", "ts" to "typescript",
    "tsx" to "typescriptreact", "txt" to "plaintext", "vb" to "vb", "yml" to "yaml", "zsh" to "shellscript",
)
private val BY_NAME = mapOf("dockerfile" to "dockerfile", "makefile" to "makefile", "gnumakefile" to "makefile")

/** Return LSP's language id of a file. */
fun languageOfFile(name: String): String {
    val extension = name.substringAfterLast('.', "").lowercase()
    return BY_NAME[name.lowercase()] ?: BY_EXTENSION[extension] ?: extension.ifEmpty { "plaintext" }
}

private val EXTENSIONS = mapOf(
    "c++" to "cpp", "cpp" to "cpp", "csharp" to "cs", "c#" to "cs", "golang" to "go", "javascript" to "js", "javascriptreact" to "jsx",
    "kotlin" to "kt", "markdown" to "md", "plaintext" to "txt", "python" to "py", "python3" to "py", "ruby" to "rb", "rust" to "rs",
    "shellscript" to "sh", "shell" to "sh", "bash" to "sh", "typescript" to "ts", "typescriptreact" to "tsx", "yaml" to "yml", "text" to "txt",
)

/** Return the file extension of a language, as a Markdown fence or LSP calls it; "txt" if it is none. */
fun extensionOf(language: String): String {
    val name = language.lowercase()
    return EXTENSIONS[name] ?: name.takeIf { it.isNotEmpty() && it.all(Char::isLetterOrDigit) } ?: "txt"
}
