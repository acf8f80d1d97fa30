package codegeex.text

import codegeex.lsp.ServerState
import codegeex.lsp.Status
import codegeex.lsp.Trouble

enum class Severity { NONE, WARNING, ERROR }

/** What the status bar shows: `detail` says why there are no suggestions, if there are none. */
data class ShownStatus(val text: String, val detail: String, val severity: Severity = Severity.NONE)

/** What is in the selected editor: its language, and why the server is not shown it, as a message's key; "" if nothing is. */
data class InEditor(val language: String = "", val obstacle: String = "")

/** What decides whether there are suggestions. */
data class Situation(
    val isOn: Boolean, // the setting `enable`
    val disabledLanguages: List<String>,
    val inEditor: InEditor,
    val state: ServerState,
    val status: Status?, // as the server reported it last
    val activity: String = "", // what the server does at the user's request, "" if nothing
)

/** Return what the status bar shows of a situation. */
fun describe(situation: Situation, words: Words): ShownStatus {
    val (state, status) = situation.state to situation.status
    val name = status?.model?.ifEmpty { null } ?: "CodeGeeX"
    val detail = status?.message.orEmpty()
    return when {
        !situation.isOn -> ShownStatus("CodeGeeX", words("status.off"))
        state is ServerState.Failed -> ShownStatus("CodeGeeX", words(state.trouble), Severity.ERROR)
        state is ServerState.Restarting -> ShownStatus("CodeGeeX", words("status.restarting"), Severity.WARNING)
        state is ServerState.Off -> ShownStatus("CodeGeeX", words("status.idle"))
        state is ServerState.Starting -> ShownStatus("CodeGeeX", words("status.starting"))
        status?.kind == "Error" -> ShownStatus(name, detail, Severity.ERROR)
        status?.kind == "Warning" -> ShownStatus(name, detail, Severity.WARNING)
        situation.inEditor.language in situation.disabledLanguages -> ShownStatus(name, words("status.languageOff", situation.inEditor.language))
        situation.inEditor.obstacle.isNotEmpty() -> ShownStatus(name, words(situation.inEditor.obstacle))
        status?.kind == "Inactive" -> ShownStatus(name, detail)
        status == null || status.busy -> ShownStatus(name, detail.ifEmpty { words("status.loading") })
        situation.activity.isNotEmpty() -> ShownStatus(name, situation.activity)
        else -> ShownStatus(name, detail.ifEmpty { words("status.ready") })
    }
}

/** Return a trouble as a sentence. */
operator fun Words.invoke(trouble: Trouble): String = this(trouble.key, *trouble.arguments.toTypedArray())

/** Return what an error is called to the user: the server's own sentence, or a trouble's. */
fun Words.sentence(fault: Throwable): String = when (fault) {
    is Trouble -> this(fault)
    else -> this("ask.failed", fault.message ?: fault.toString())
}
