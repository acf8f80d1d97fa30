package codegeex.text

private val HASH_LANGUAGES = setOf("python", "ruby", "shellscript", "yaml", "toml", "makefile", "dockerfile", "perl", "r", "elixir", "julia", "powershell")
private val DASH_LANGUAGES = setOf("sql", "lua", "haskell")

/**
 * True if a line looks as if it ended with a comment. It decides only whether an action is offered: what a comment is, the
 * server decides by the language's grammar.
 */
fun endsWithComment(line: String, language: String): Boolean {
    val text = line.trim()
    val marks = when (language) {
        in HASH_LANGUAGES -> listOf("#")
        in DASH_LANGUAGES -> listOf("--")
        "php" -> listOf("//", "#")
        "html", "xml", "markdown" -> listOf("<!--")
        else -> listOf("//")
    }
    val isDoc = text.startsWith("*") || text.startsWith("/*") || text.endsWith("*/") || text.endsWith("-->")
    val isDocString = language == "python" && (text.endsWith("\"\"\"") || text.endsWith("'''"))
    return isDocString || language !in HASH_LANGUAGES && isDoc || marks.any { text.startsWith(it) || " $it" in text }
}
