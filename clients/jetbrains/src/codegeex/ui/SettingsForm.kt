package codegeex.ui

import codegeex.text.Choices
import codegeex.text.Setting
import codegeex.text.SettingKind
import codegeex.text.Words
import java.awt.BorderLayout
import javax.swing.BorderFactory
import javax.swing.JCheckBox
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JTextArea
import javax.swing.JTextField

/** A value that the form refuses, in the user's words. */
class SettingFault(message: String) : Exception(message)

/** Every setting of the server, and the server's command: one row each, by section. */
class SettingsForm(private val settings: List<Setting>, private val words: Words) : JPanel(Column(10)) {
    private val command = JTextField()
    private val fields = settings.associateWith(::field)

    init {
        border = BorderFactory.createEmptyBorder(4, 4, 12, 12)
        add(row("codegeex.${Choices.SERVER_PATH}", words("settings.serverPath"), command))
        for (setting in settings) {
            val note = if (setting.isPrivate) " ${words("settings.private")}" else ""
            add(row("codegeex.${setting.name}", setting.description + note, fields.getValue(setting)))
        }
    }

    fun show(choices: Choices) {
        command.text = choices[Choices.SERVER_PATH]?.toString().orEmpty()
        for ((setting, field) in fields) write(setting, field, choices.value(setting))
    }

    /** Return the server's command and the value of each setting. Throws `SettingFault`. */
    fun values(): Pair<String, Map<Setting, Any?>> = command.text.trim() to fields.mapValues { (setting, field) -> read(setting, field) }

    fun differsFrom(choices: Choices): Boolean {
        val (path, values) = try {
            values()
        } catch (_: SettingFault) {
            return true
        }
        return path != choices[Choices.SERVER_PATH]?.toString().orEmpty() || values.any { (setting, value) -> value != choices.value(setting) }
    }

    private fun field(setting: Setting): JComponent = when {
        setting.kind == SettingKind.BOOLEAN -> JCheckBox(words("settings.on"))
        setting.choices.isNotEmpty() -> JComboBox(setting.choices.toTypedArray())
        else -> JTextField()
    }

    private fun write(setting: Setting, field: JComponent, value: Any?) = when (field) {
        is JCheckBox -> field.isSelected = value == true
        is JComboBox<*> -> field.selectedItem = value
        else -> (field as JTextField).text = setting.format(value)
    }

    private fun read(setting: Setting, field: JComponent): Any? = when (field) {
        is JCheckBox -> field.isSelected
        is JComboBox<*> -> field.selectedItem
        else -> try {
            setting.parse((field as JTextField).text)
        } catch (fault: IllegalArgumentException) {
            throw SettingFault(words(fault.message.orEmpty(), "codegeex.${setting.name}", setting.format(setting.low), setting.format(setting.high)))
        }
    }

    private fun row(name: String, description: String, field: JComponent) = JPanel(BorderLayout(0, 3)).apply {
        add(JLabel(name).apply { labelFor = field }, BorderLayout.NORTH)
        add(JPanel(BorderLayout()).apply { add(field, if (field is JCheckBox) BorderLayout.WEST else BorderLayout.CENTER) }, BorderLayout.CENTER)
        val text = JTextArea(description).apply {
            isEditable = false
            isFocusable = false
            isOpaque = false
            lineWrap = true
            wrapStyleWord = true
            border = null
            font = JLabel().font
            foreground = Palette.current().muted
        }
        add(JPanel(Column(0)).apply { add(text) }, BorderLayout.SOUTH)
        field.accessibleContext.accessibleName = name
        field.accessibleContext.accessibleDescription = description
    }
}
