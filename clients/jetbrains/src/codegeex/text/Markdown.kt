package codegeex.text

/** A part of an answer. */
sealed interface Block {
    data class Paragraph(val text: String) : Block
    data class Heading(val level: Int, val text: String) : Block
    data class Entry(val marker: String, val depth: Int, val text: String) : Block // of a list
    data class Quote(val text: String) : Block
    data class Code(val language: String, val text: String, val isComplete: Boolean) : Block
    data class Table(val rows: List<List<String>>) : Block
    data object Rule : Block
}

private val FENCE = Regex("""^( {0,3})(`{3,}|~{3,})\s*([^`\s]*).*$""")
private val HEADING = Regex("""^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$""")
private val ENTRY = Regex("""^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$""")
private val QUOTE = Regex("""^ {0,3}>\s?(.*)$""")
private val RULE = Regex("""^ {0,3}([-*_])(\s*\1){2,}\s*$""")
private val DIVIDER = Regex("""^\s*\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*\|?\s*$""")

/**
 * Return the blocks of an answer in Markdown. What is unfinished at the end, as a code block that is still being written,
 * is a block too: an answer is shown while it comes. HTML is text.
 */
fun parseMarkdown(text: String): List<Block> = MarkdownParser(text.replace("\r\n", "\n").split("\n")).parse()

private class MarkdownParser(private val lines: List<String>) {
    private val blocks = mutableListOf<Block>()
    private val paragraph = mutableListOf<String>()
    private var at = 0

    fun parse(): List<Block> {
        while (at < lines.size) block(lines[at])
        endParagraph()
        return blocks
    }

    private fun block(line: String) {
        FENCE.matchEntire(line)?.let { return code(it) }
        if (line.isBlank()) return endParagraph().also { at++ }
        if (RULE.matches(line)) return add(Block.Rule)
        HEADING.matchEntire(line)?.let { return add(Block.Heading(it.groupValues[1].length, it.groupValues[2])) }
        ENTRY.matchEntire(line)?.let { return entry(it) }
        QUOTE.matchEntire(line)?.let { return add(Block.Quote(it.groupValues[1])) }
        if (line.contains('|') && lines.getOrNull(at + 1)?.let(DIVIDER::matches) == true) return table()
        paragraph += line.trim()
        at++
    }

    private fun add(block: Block) {
        endParagraph()
        val last = blocks.lastOrNull()
        if (block is Block.Quote && last is Block.Quote) blocks[blocks.lastIndex] = Block.Quote(last.text + "\n" + block.text)
        else blocks += block
        at++
    }

    private fun code(opening: MatchResult) {
        endParagraph()
        val (indent, fence, language) = opening.destructured
        val body = mutableListOf<String>()
        at++
        while (at < lines.size) {
            val line = lines[at++]
            val closing = line.trim()
            if (closing.startsWith(fence) && closing.all { it == fence[0] }) {
                blocks += Block.Code(language, body.joinToString("\n"), true)
                return
            }
            body += if (line.startsWith(indent)) line.substring(indent.length) else line
        }
        blocks += Block.Code(language, body.joinToString("\n").trimEnd('\n'), false)
    }

    private fun entry(match: MatchResult) {
        endParagraph()
        val (indent, marker, text) = match.destructured
        val parts = mutableListOf(text)
        at++
        // A list entry goes on in the lines below it that begin nothing of their own.
        while (at < lines.size && lines[at].isNotBlank() && lines[at].startsWith("  ") && isPlain(lines[at])) parts += lines[at++].trim()
        blocks += Block.Entry(if (marker[0].isDigit()) marker else "•", indent.length / 2, parts.joinToString(" "))
    }

    private fun isPlain(line: String) = listOf(FENCE, ENTRY, HEADING, QUOTE, RULE).none { it.matches(line) }

    private fun table() {
        endParagraph()
        val rows = mutableListOf(cells(lines[at]))
        at += 2
        while (at < lines.size && lines[at].contains('|')) rows += cells(lines[at++])
        blocks += Block.Table(rows)
    }

    private fun cells(line: String) = line.trim().removePrefix("|").removeSuffix("|").split("|").map { it.trim() }

    private fun endParagraph() {
        if (paragraph.isNotEmpty()) blocks += Block.Paragraph(paragraph.joinToString("\n"))
        paragraph.clear()
    }
}

/** A part of a line. */
data class Span(val text: String, val isBold: Boolean = false, val isItalic: Boolean = false, val isCode: Boolean = false, val link: String = "")

private val INLINE = Regex("""(`+)(.+?)\1(?!`)|\*\*(.+?)\*\*|__(.+?)__|\*(\S(?:.*?\S)?)\*|\[([^\]\n]+)]\(([^()\s]+)\)|\\([\\`*_{}\[\]()#+.!|-])""")

/** Return the spans of a text; only links to the web are links. */
fun parseSpans(text: String): List<Span> {
    val spans = mutableListOf<Span>()
    var from = 0
    for (match in INLINE.findAll(text)) {
        if (match.range.first > from) spans += Span(text.substring(from, match.range.first))
        from = match.range.last + 1
        val groups = match.groupValues
        spans += when {
            groups[1].isNotEmpty() -> Span(groups[2].removeSurrounding(" "), isCode = true)
            groups[3].isNotEmpty() || groups[4].isNotEmpty() -> Span(groups[3] + groups[4], isBold = true)
            groups[5].isNotEmpty() -> Span(groups[5], isItalic = true)
            groups[6].isNotEmpty() -> Span(groups[6], link = groups[7].takeIf(::isWebAddress).orEmpty())
            else -> Span(groups[8])
        }
    }
    if (from < text.length) spans += Span(text.substring(from))
    return spans
}

fun isWebAddress(address: String): Boolean = address.startsWith("https://") || address.startsWith("http://")
