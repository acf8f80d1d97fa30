package codegeex.lsp

/** A line and a character, both from 0; characters are UTF-16 units, as in the IDE's documents. */
data class Position(val line: Int, val character: Int) {
    fun toJson() = mapOf("line" to line, "character" to character)

    companion object {
        fun of(json: Any?) = json.asObject().let { Position(it["line"].asInt(), it["character"].asInt()) }
    }
}

data class Range(val start: Position, val end: Position) {
    fun toJson() = mapOf("start" to start.toJson(), "end" to end.toJson())

    companion object {
        fun of(json: Any?) = json.asObject().let { Range(Position.of(it["start"]), Position.of(it["end"])) }
    }
}

/** A completion as the server sent it; `raw` is sent back when it is shown, accepted or dismissed. */
data class Item(val raw: Map<String, Any?>) {
    val text: String get() = raw["insertText"].let { it as? String ?: it.asObject()["value"].asString() }
    val range: Range? get() = raw["range"]?.let { Range.of(it) }
}

/** `codegeex/didChangeStatus`. */
data class Status(
    val busy: Boolean, // nothing can be answered yet
    val kind: String, // Normal, Warning, Error or Inactive
    val message: String,
    val model: String, // the model that completes
    val chat: String, // the model that answers questions, "" if none does
    val remote: String, // what is sent to which server, "" if nothing leaves the machine
) {
    companion object {
        fun of(json: Any?) = json.asObject().let {
            val (kind, message) = it["kind"].asString() to it["message"].asString()
            Status(it["busy"] == true, kind, message, it["model"].asString(), it["chat"].asString(), it["remote"].asString())
        }
    }
}

/** A place of the workspace that the model was shown. */
data class Source(val path: String, val uri: String, val line: Int, val reason: String, val symbol: String) {
    val label: String get() = "$path:${line + 1}"

    fun toJson() = mapOf(
        "path" to path, "uri" to uri, "reason" to reason, "symbol" to symbol,
        "range" to Range(Position(line, 0), Position(line, 0)).toJson(),
    )

    companion object {
        fun of(json: Any?) = json.asObject().let {
            val line = Range.of(it["range"]).start.line
            Source(it["path"].asString(), it["uri"].asString(), line, it["reason"].asString(), it["symbol"].asString())
        }
    }
}

/** A replacement in the document `version` of which the server was shown. */
data class Edit(val range: Range, val newText: String, val version: Int)

/** What the user probably changes next. */
data class NextEdit(
    val edit: Edit,
    val uri: String, // of the document that it changes
    val reason: String,
    val command: Map<String, Any?>, // executed when the user accepts it
) {
    val id: String get() = command["arguments"].asArray().firstOrNull().asString()

    companion object {
        /** Return the edit, null if it is of a file that is not open. */
        fun of(json: Any?): NextEdit? {
            val fields = json.asObject()
            val document = fields["textDocument"].asObject().ifEmpty { return null }
            val edit = Edit(Range.of(fields["range"]), fields["text"].asString(), document["version"].asInt())
            return NextEdit(edit, document["uri"].asString(), fields["reason"].asString(), fields["command"].asObject())
        }
    }
}

/** The answer to a question or a task. */
data class Answer(
    val text: String, // Markdown
    val code: String, // the code in it, of tasks
    val language: String, // its languageId
    val edit: Edit?, // of tasks that replace what was selected
    val newUri: String, // of tasks that make a new file
    val conversationId: String,
    val sources: List<Source>,
    val notices: List<String>,
    val warnings: List<String>,
    val converses: Boolean, // false if the model only completes code
    val stopped: Boolean,
) {
    companion object {
        fun of(json: Any?): Answer {
            val fields = json.asObject()
            fun texts(name: String) = fields[name].asArray().map { it.asString() }
            return Answer(
                fields["text"].asString(), fields["code"].asString(), fields["language"].asString(),
                fields["edit"]?.asObject()?.let { Edit(Range.of(it["range"]), it["newText"].asString(), it["version"].asInt()) },
                fields["newUri"].asString(), fields["conversationId"].asString(),
                fields["sources"].asArray().map { Source.of(it) }, texts("notices"), texts("warnings"),
                fields["converses"] != false, fields["stopped"] == true,
            )
        }
    }
}

/** A model that the user may choose. */
data class Model(val name: String, val fault: String, val isDefault: Boolean) {
    companion object {
        fun of(json: Any?) = json.asObject().let { Model(it["name"].asString(), it["fault"].asString(), it["isDefault"] == true) }
    }
}

/** What is told of a document: the messages that keep a server's copy equal. */
interface DocumentSink {
    fun didOpen(uri: String, languageId: String, version: Int, text: CharSequence)
    fun didChange(uri: String, version: Int, range: Range, text: CharSequence)
    fun didClose(uri: String)
}

/** What is reported while an answer is written. */
interface AnswerListener {
    /** `stop` ends the answer and keeps what was written until then. */
    fun onBegin(stop: () -> Unit) {}

    fun onText(text: String)

    /** The server begins a stage: answering, checking or repairing. With "repairing" the text begins again. */
    fun onStage(stage: String)
}
