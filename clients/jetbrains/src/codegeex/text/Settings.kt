package codegeex.text

import codegeex.lsp.Json
import codegeex.lsp.asArray
import codegeex.lsp.asObject
import codegeex.lsp.asString

enum class SettingKind { BOOLEAN, INTEGER, NUMBER, STRING, LIST }

/** One setting of the server, as `settings.json` describes it: generated from the server's own definition. */
data class Setting(
    val name: String, // without the section "codegeex."
    val kind: SettingKind,
    val default: Any?, // null if the server decides
    val description: String,
    val low: Double?,
    val high: Double?,
    val choices: List<String>,
    val isPrivate: Boolean, // decides where text is sent
) {
    /** Return the value that `text` stands for. Throws `IllegalArgumentException` with a key of the message bundle. */
    fun parse(text: String): Any? {
        val trimmed = text.trim()
        return when (kind) {
            SettingKind.BOOLEAN -> trimmed == "true"
            SettingKind.STRING -> trimmed
            SettingKind.LIST -> trimmed.split(",").map { it.trim() }.filter { it.isNotEmpty() }
            SettingKind.INTEGER, SettingKind.NUMBER -> if (trimmed.isEmpty()) default else number(trimmed)
        }
    }

    /** Return a value as the user writes it. */
    fun format(value: Any?): String = when (value) {
        null -> ""
        is List<*> -> value.joinToString(", ")
        else -> value.toString()
    }

    private fun number(text: String): Number {
        val number: Number? = if (kind == SettingKind.INTEGER) text.toLongOrNull() else text.toDoubleOrNull()
        require(number != null) { "settings.notNumber" }
        require(low == null || number.toDouble() >= low) { "settings.range" }
        require(high == null || number.toDouble() <= high) { "settings.range" }
        return number
    }
}

/** Return every setting of the server, described in the language of `words`. */
fun loadSettings(words: Words): List<Setting> {
    val text = Words::class.java.getResourceAsStream("/settings.json")?.reader()?.use { it.readText() } ?: return emptyList()
    return Json.read(text).asArray().map { entry ->
        val fields = entry.asObject()
        val descriptions = fields["description"].asObject()
        Setting(
            fields["name"].asString(), SettingKind.valueOf(fields["kind"].asString()), fields["default"],
            descriptions[words.language].asString(),
            (fields["low"] as? Number)?.toDouble(), (fields["high"] as? Number)?.toDouble(),
            fields["choices"].asArray().map { it.asString() }, fields["private"] == true,
        )
    }
}

/** What the user has chosen: only what differs from the defaults is kept, as JSON by name. */
class Choices(private val stored: MutableMap<String, String>) {
    operator fun get(name: String): Any? = stored[name]?.let { runCatching { Json.read(it) }.getOrNull() }

    operator fun set(setting: Setting, value: Any?) {
        if (value == setting.default) stored.remove(setting.name) else stored[setting.name] = Json.write(value)
    }

    fun setServerPath(path: String) {
        if (path.isEmpty()) stored.remove(SERVER_PATH) else stored[SERVER_PATH] = Json.write(path)
    }

    fun value(setting: Setting): Any? = this[setting.name] ?: setting.default

    /** Return what is sent to the server. */
    fun forServer(): Map<String, Any?> = stored.keys.filter { it != SERVER_PATH }.associateWith { this[it] }

    companion object {
        const val SERVER_PATH = "server.path" // the client's own setting
    }
}
