package codegeex.text

import codegeex.lsp.Json
import codegeex.lsp.Source
import codegeex.lsp.asArray
import codegeex.lsp.asObject
import codegeex.lsp.asString
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.util.UUID

/** A question and its answer. */
data class Turn(
    val question: String,
    val about: String = "", // what was looked at, as the user reads it
    val text: String = "",
    val sources: List<Source> = emptyList(),
    val notices: List<String> = emptyList(),
    val warnings: List<String> = emptyList(),
    val converses: Boolean = true,
    val stopped: Boolean = true, // until it has been answered: so it is kept if the IDE closes first
    val fault: String = "",
) {
    fun toJson() = mapOf(
        "question" to question, "about" to about, "text" to text, "sources" to sources.map { it.toJson() }, "notices" to notices,
        "warnings" to warnings, "converses" to converses, "stopped" to stopped, "fault" to fault,
    )

    companion object {
        fun of(json: Any?): Turn = json.asObject().let { fields ->
            fun texts(name: String) = fields[name].asArray().map { it.asString() }
            Turn(
                fields["question"].asString(), fields["about"].asString(), fields["text"].asString(),
                fields["sources"].asArray().map { Source.of(it) }, texts("notices"), texts("warnings"),
                fields["converses"] != false, fields["stopped"] == true, fields["fault"].asString(),
            )
        }
    }
}

data class Conversation(val id: String, val project: String, val touched: Long, val turns: List<Turn>) {
    val title: String get() = turns.firstOrNull()?.question.orEmpty().trim().lineSequence().first().let {
        if (it.length > TITLE_CHARS) it.take(TITLE_CHARS - 1) + "…" else it
    }

    /** Return what the model is told of the earlier turns: only what it has said itself. */
    fun history(): List<Map<String, String>> = turns.filter { it.converses && it.text.isNotEmpty() }.flatMap {
        listOf(mapOf("role" to "user", "text" to it.question), mapOf("role" to "assistant", "text" to it.text))
    }

    private companion object {
        const val TITLE_CHARS = 60
    }
}

/** Conversations of all projects, a file each in `folder`: the newest ones, and no more of them than there is room for. */
class Conversations(private val folder: Path, private val project: String, private val now: () -> Long = System::currentTimeMillis) {
    fun begin() = Conversation(UUID.randomUUID().toString(), project, now(), emptyList())

    /** Return this project's conversations, the newest first. A file that cannot be read is left out. */
    @Synchronized
    fun list(): List<Conversation> = readAll().filter { it.project == project && it.turns.isNotEmpty() }

    /** Keep a conversation, whole or not at all; the oldest ones go. Throws IOException. */
    @Synchronized
    fun keep(conversation: Conversation) {
        Files.createDirectories(folder)
        val kept = bounded(conversation.copy(touched = now()))
        val fresh = Files.createTempFile(folder, "fresh", ".tmp")
        val json = mapOf("id" to kept.id, "project" to kept.project, "touched" to kept.touched, "turns" to kept.turns.map { it.toJson() })
        Files.writeString(fresh, Json.write(json))
        Files.move(fresh, file(kept.id), StandardCopyOption.REPLACE_EXISTING)
        for (old in readAll().drop(MAX_CONVERSATIONS)) remove(old.id)
    }

    @Synchronized
    fun remove(id: String) {
        Files.deleteIfExists(file(id))
    }

    private fun readAll(): List<Conversation> {
        val files = folder.toFile().listFiles { file -> file.name.endsWith(".json") } ?: return emptyList()
        return files.mapNotNull { file -> runCatching { read(file.readText()) }.getOrNull() }.sortedByDescending { it.touched }
    }

    private fun read(text: String): Conversation? {
        val fields = Json.read(text).asObject()
        val id = fields["id"].asString().takeIf(ID::matches) ?: return null
        val touched = (fields["touched"] as? Number)?.toLong() ?: return null
        return Conversation(id, fields["project"].asString(), touched, fields["turns"].asArray().map { Turn.of(it) })
    }

    private fun bounded(conversation: Conversation): Conversation {
        var room = MAX_CONVERSATION_CHARS
        val turns = conversation.turns.takeLast(MAX_TURNS).map {
            it.copy(question = it.question.take(MAX_TEXT_CHARS), text = it.text.take(MAX_TEXT_CHARS), sources = it.sources.take(MAX_SOURCES))
        }
        val kept = turns.reversed().takeWhile { turn ->
            room -= turn.question.length + turn.text.length
            room >= 0
        }
        return conversation.copy(turns = kept.reversed())
    }

    private fun file(id: String) = folder.resolve("$id.json")

    private companion object {
        val ID = Regex("[\\w-]{1,64}")
        const val MAX_CONVERSATIONS = 200
        const val MAX_TURNS = 100
        const val MAX_TEXT_CHARS = 64_000 // of one question or answer
        const val MAX_CONVERSATION_CHARS = 250_000
        const val MAX_SOURCES = 40
    }
}
