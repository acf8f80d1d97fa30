package codegeex.text

import java.text.MessageFormat
import java.util.Locale
import java.util.Properties

/** What the user reads, in English or Chinese: the messages of `messages/CodegeexBundle`. */
class Words(locale: Locale) {
    val language = if (locale.language == "zh") "zh" else "en"
    private val messages = load("") + if (language == "zh") load("_zh") else emptyMap()

    /** Return the message `key`, with its `{0}`, `{1}` … filled in. */
    operator fun invoke(key: String, vararg arguments: Any?): String {
        val message = messages[key] ?: return key
        return MessageFormat(message, Locale.ROOT).format(arguments.map { it.toString() }.toTypedArray())
    }

    private fun load(suffix: String): Map<String, String> {
        val properties = Properties()
        Words::class.java.getResourceAsStream("/messages/CodegeexBundle$suffix.properties")?.reader()?.use { properties.load(it) }
        return properties.entries.associate { it.key.toString() to it.value.toString() }
    }
}
