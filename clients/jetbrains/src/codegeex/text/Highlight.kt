package codegeex.text

enum class TokenKind { PLAIN, KEYWORD, STRING, COMMENT, NUMBER }

data class Token(val start: Int, val end: Int, val kind: TokenKind)

/** What a language's code looks like, as far as colours need it. */
private class Look(val lineComments: List<String>, val blockComments: List<Pair<String, String>>, val quotes: List<String>, val keywords: Set<String>)

private fun words(text: String) = text.split(" ").toSet()

private val C_WORDS = words(
    "abstract as async auto await bool boolean break byte case catch char class companion const constexpr continue data default defer do " +
        "double else enum export extends extern false final finally float fn for from fun func function go goto if impl implements import in " +
        "int interface internal is let long loop match mod module mut namespace new nil null nullptr object of open operator override package " +
        "private protected pub public range return sealed select self short signed sizeof static string struct super suspend switch template " +
        "this throw throws trait true try type typedef typename typeof undefined union unsafe unsigned use using val var virtual void volatile " +
        "when where while yield",
)
private val PYTHON_WORDS = words(
    "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda " +
        "match None nonlocal not or pass raise return self True try while with yield",
)
private val SHELL_WORDS = words("case do done echo elif else esac exit export fi for function if in local read return set shift then until while")
private val SQL_WORDS = words(
    "all alter and as asc between by case create delete desc distinct drop else end exists from group having in index inner insert into is " +
        "join left like limit not null on or order outer right select set table then union update values when where with",
).let { lower -> lower + lower.map(String::uppercase) }

private val C_LIKE = Look(listOf("//"), listOf("/*" to "*/"), listOf("\"\"\"", "\"", "'", "`"), C_WORDS)
private val PYTHON = Look(listOf("#"), emptyList(), listOf("\"\"\"", "'''", "\"", "'"), PYTHON_WORDS)
private val SHELL = Look(listOf("#"), emptyList(), listOf("\"", "'"), SHELL_WORDS)
private val SQL = Look(listOf("--"), listOf("/*" to "*/"), listOf("'", "\""), SQL_WORDS)
private val MARKUP = Look(emptyList(), listOf("<!--" to "-->"), listOf("\"", "'"), emptySet())
private val DATA = Look(listOf("#", "//"), emptyList(), listOf("\"", "'"), words("true false null yes no"))
private val PLAIN = Look(emptyList(), emptyList(), emptyList(), emptySet())

private val LOOKS = mapOf(
    "py" to PYTHON, "rb" to SHELL, "sh" to SHELL, "sql" to SQL, "html" to MARKUP, "xml" to MARKUP, "json" to DATA, "yml" to DATA,
    "toml" to DATA, "txt" to PLAIN, "md" to PLAIN, "diff" to PLAIN, "console" to PLAIN,
)

/** Return the coloured parts of `code`, in order; what is in none is plain. Never fails: code may end anywhere. */
fun highlight(code: String, language: String): List<Token> {
    val look = LOOKS[extensionOf(language)] ?: C_LIKE
    val tokens = mutableListOf<Token>()
    var at = 0
    while (at < code.length) {
        val char = code[at]
        val (kind, end) = when {
            look.lineComments.any { code.startsWith(it, at) } -> TokenKind.COMMENT to lineEnd(code, at)
            look.blockComments.any { code.startsWith(it.first, at) } -> {
                val (open, close) = look.blockComments.first { code.startsWith(it.first, at) }
                TokenKind.COMMENT to endAfter(code, close, at + open.length)
            }
            look.quotes.any { code.startsWith(it, at) } -> {
                val quote = look.quotes.first { code.startsWith(it, at) }
                TokenKind.STRING to stringEnd(code, quote, at + quote.length)
            }
            char.isDigit() -> TokenKind.NUMBER to runEnd(code, at) { it.isLetterOrDigit() || it == '.' || it == '_' }
            char.isJavaIdentifierStart() -> {
                val end = runEnd(code, at) { it.isJavaIdentifierPart() }
                (if (code.substring(at, end) in look.keywords) TokenKind.KEYWORD else TokenKind.PLAIN) to end
            }
            else -> TokenKind.PLAIN to at + 1
        }
        if (kind != TokenKind.PLAIN) tokens += Token(at, end, kind)
        at = end
    }
    return tokens
}

private fun lineEnd(code: String, from: Int) = code.indexOf('\n', from).let { if (it < 0) code.length else it }

private fun endAfter(code: String, mark: String, from: Int) = code.indexOf(mark, from).let { if (it < 0) code.length else it + mark.length }

private inline fun runEnd(code: String, from: Int, isPart: (Char) -> Boolean): Int {
    var end = from + 1
    while (end < code.length && isPart(code[end])) end++
    return end
}

/** A string of one quote ends with its line at the latest: a stray apostrophe must not colour all that follows. */
private fun stringEnd(code: String, quote: String, from: Int): Int {
    var at = from
    while (at < code.length) {
        when {
            code[at] == '\\' -> at += 2
            code.startsWith(quote, at) -> return at + quote.length
            code[at] == '\n' && quote.length == 1 && quote != "`" -> return at
            else -> at++
        }
    }
    return code.length
}
