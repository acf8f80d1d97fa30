package codegeex.lsp

/** Thrown for text that is not JSON. */
class JsonError(message: String) : Exception(message)

/** JSON as Kotlin values: Map, List, CharSequence, Boolean, Long, Double and null. */
object Json {
    private const val MAX_DEPTH = 200 // deeper nesting is refused, as it would overflow the stack

    fun write(value: Any?): String = StringBuilder().also { append(it, value) }.toString()

    fun read(text: String): Any? = Reader(text).document()

    private fun append(out: StringBuilder, value: Any?) {
        when (value) {
            null, is Boolean, is Int, is Long -> out.append(value.toString())
            is Double -> out.append(if (value.isFinite()) value.toString() else "null")
            is CharSequence -> quote(out, value)
            is Map<*, *> -> join(out, '{', '}', value.entries) {
                quote(out, it.key as String)
                out.append(':')
                append(out, it.value)
            }
            is Iterable<*> -> join(out, '[', ']', value) { append(out, it) }
            else -> throw JsonError("not a JSON value: ${value::class.java.name}")
        }
    }

    private fun <T> join(out: StringBuilder, open: Char, close: Char, items: Iterable<T>, each: (T) -> Unit) {
        out.append(open)
        items.forEachIndexed { index, item ->
            if (index > 0) out.append(',')
            each(item)
        }
        out.append(close)
    }

    private fun quote(out: StringBuilder, text: CharSequence) {
        out.append('"')
        for (char in text) {
            when {
                char == '"' || char == '\\' -> out.append('\\').append(char)
                char == '\n' -> out.append("\\n")
                // A lone surrogate cannot be encoded in UTF-8; escaped, every UTF-16 text survives.
                char < ' ' || char.isSurrogate() -> out.append("\\u").append(char.code.toString(16).padStart(4, '0'))
                else -> out.append(char)
            }
        }
        out.append('"')
    }

    private class Reader(private val text: String) {
        private var at = 0
        private var depth = 0

        fun document(): Any? {
            val value = value()
            skipBlanks()
            if (at != text.length) fail()
            return value
        }

        private fun value(): Any? = when (peek()) {
            '{' -> nested { readObject() }
            '[' -> nested { readArray() }
            '"' -> string()
            't' -> literal("true", true)
            'f' -> literal("false", false)
            'n' -> literal("null", null)
            else -> number()
        }

        private fun <T> nested(read: () -> T): T {
            if (++depth > MAX_DEPTH) fail()
            return read().also { depth-- }
        }

        private fun readObject(): Map<String, Any?> = buildMap {
            members('{', '}') {
                if (peek() != '"') fail()
                val key = string()
                expect(':')
                put(key, value())
            }
        }

        private fun readArray(): List<Any?> = buildList { members('[', ']') { add(value()) } }

        private fun members(open: Char, close: Char, each: () -> Unit) {
            expect(open)
            if (peek() == close) {
                at++
                return
            }
            while (true) {
                each()
                if (peek() != ',') break
                at++
            }
            expect(close)
        }

        private fun number(): Any {
            val start = at
            while (at < text.length && (text[at].isDigit() || text[at] in "+-.eE")) at++
            val digits = text.substring(start, at)
            return digits.toLongOrNull() ?: digits.toDoubleOrNull() ?: fail()
        }

        private fun string(): String {
            at++
            val out = StringBuilder()
            while (true) {
                when (val char = next()) {
                    '"' -> return out.toString()
                    '\\' -> out.append(escaped())
                    else -> out.append(char)
                }
            }
        }

        private fun escaped(): Char = when (val char = next()) {
            'n' -> '\n'
            't' -> '\t'
            'r' -> '\r'
            'b' -> '\b'
            'f' -> '\u000c'
            'u' -> {
                if (at + 4 > text.length) fail()
                val code = text.substring(at, at + 4).toIntOrNull(16) ?: fail()
                at += 4
                code.toChar()
            }
            else -> char
        }

        private fun next(): Char = if (at < text.length) text[at++] else fail()

        private fun literal(word: String, value: Any?): Any? {
            if (!text.startsWith(word, at)) fail()
            at += word.length
            return value
        }

        private fun expect(char: Char) {
            if (peek() != char) fail()
            at++
        }

        private fun peek(): Char {
            skipBlanks()
            return if (at < text.length) text[at] else fail()
        }

        private fun skipBlanks() {
            while (at < text.length && text[at] in " \t\r\n") at++
        }

        private fun fail(): Nothing = throw JsonError("not JSON at character $at")
    }
}

/** Return this JSON value as an object, or an empty one. */
@Suppress("UNCHECKED_CAST")
fun Any?.asObject(): Map<String, Any?> = this as? Map<String, Any?> ?: emptyMap()

/** Return this JSON value as an array, or an empty one. */
@Suppress("UNCHECKED_CAST")
fun Any?.asArray(): List<Any?> = this as? List<Any?> ?: emptyList()

/** Return this JSON value as a string, or "". */
fun Any?.asString(): String = this as? String ?: ""

/** Return this JSON value as an integer, or 0. */
fun Any?.asInt(): Int = (this as? Number)?.toInt() ?: 0
