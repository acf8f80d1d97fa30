package codegeex.jetbrains

import codegeex.lsp.Model
import codegeex.lsp.asArray
import codegeex.lsp.asInt
import codegeex.lsp.asObject
import codegeex.lsp.asString
import codegeex.text.InEditor
import codegeex.text.Severity
import codegeex.text.loadSettings
import javax.swing.JCheckBoxMenuItem
import javax.swing.JMenu
import javax.swing.JMenuItem
import javax.swing.JPopupMenu

/** Return the menu of the status bar's widget; the models are asked for when their menu opens. */
fun statusMenu(service: CodegeexService, inEditor: InEditor): JPopupMenu {
    val language = inEditor.language
    val words = service.host.words
    val settings = service.settings
    val menu = JPopupMenu()
    val status = service.shownStatus(inEditor)
    menu.add(JMenuItem(status.detail).apply { isEnabled = false })
    menu.addSeparator()
    menu.add(words(if (settings.isOn) "menu.turnOff" else "menu.turnOn")).addActionListener { change(service, "enable", !settings.isOn) }
    if (settings.isOn && language.isNotEmpty()) {
        val disabled = settings.disabledLanguages
        val key = if (language in disabled) "menu.turnOnFor" else "menu.turnOffFor"
        val changed = if (language in disabled) disabled - language else disabled + language
        menu.add(words(key, language)).addActionListener { change(service, "disabledLanguages", changed) }
    }
    menu.add(words("menu.why")).addActionListener { showReceipt(service) }
    menu.add(modelMenu(service))
    menu.addSeparator()
    menu.add(words("remedy.restart")).addActionListener { service.restart() }
    menu.add(words("remedy.log")).addActionListener { showLog(service) }
    menu.add(words("menu.settings")).addActionListener { showSettings(service) }
    return menu
}

private fun modelMenu(service: CodegeexService): JMenu {
    val words = service.host.words
    val menu = JMenu(words("menu.model"))
    menu.add(JMenuItem(words("status.loading")).apply { isEnabled = false })
    service.inBackground {
        val models = service.supervisor.runningServer()?.models().orEmpty()
        service.host.onUiThread { fill(menu, service, models) }
    }
    return menu
}

private fun fill(menu: JMenu, service: CodegeexService, models: List<Model>) {
    val words = service.host.words
    val chosen = service.settings.choices["model"]?.toString().orEmpty()
    menu.removeAll()
    if (models.isEmpty()) menu.add(JMenuItem(words("menu.noModels")).apply { isEnabled = false })
    else menu.add(choice(words("menu.defaultModel"), chosen.isEmpty()) { change(service, "model", "") })
    for (model in models) {
        val title = if (model.fault.isEmpty()) model.name else "${model.name} (${model.fault})"
        menu.add(choice(title, chosen == model.name) { change(service, "model", model.name) })
    }
    menu.popupMenu.pack()
}

private fun choice(title: String, isChosen: Boolean, choose: () -> Unit) =
    JCheckBoxMenuItem(title, isChosen).apply { addActionListener { choose() } }

private fun change(service: CodegeexService, name: String, value: Any) {
    val setting = loadSettings(service.host.words).firstOrNull { it.name == name } ?: return
    service.settings.change { it[setting] = value }
}

/** Show what the model was shown for the last suggestion. */
fun showReceipt(service: CodegeexService) {
    val words = service.host.words
    val receipt = service.receipt ?: return service.host.notify(service.project, Severity.NONE, words("why.none"))
    val lines = receipt["snippets"].asArray().map { it.asObject() }.map {
        "- ${it["path"].asString()}:${it["startLine"].asInt() + 1}-${it["endLine"].asInt()}: ${it["reason"].asString()}"
    }
    val tokens = words("why.tokens", receipt["prefixTokens"].asInt(), receipt["suffixTokens"].asInt())
    val title = words(if (receipt["shown"] == true) "why.shown" else "why.unsure")
    service.host.openText(service.project, "codegeex-why.md", "# $title\n\n$tokens\n\n${lines.ifEmpty { listOf(words("why.nowhere")) }.joinToString("\n")}\n")
}
