package codegeex.jetbrains

import codegeex.text.loadSettings
import codegeex.ui.SettingFault
import codegeex.ui.SettingsForm
import com.intellij.openapi.options.Configurable
import com.intellij.openapi.options.ConfigurationException
import javax.swing.JComponent

/** Settings | Tools | CodeGeeX: a row for each setting that the server defines. */
class SettingsPage : Configurable {
    private val settings get() = CodegeexSettings.getInstance()
    private var form: SettingsForm? = null

    override fun getDisplayName() = "CodeGeeX"

    override fun createComponent(): JComponent {
        val words = IdeHost.words
        return SettingsForm(loadSettings(words), words).also {
            form = it
            it.show(settings.choices)
        }
    }

    override fun isModified() = form?.differsFrom(settings.choices) == true

    override fun apply() {
        val (command, values) = try {
            form?.values() ?: return
        } catch (fault: SettingFault) {
            throw ConfigurationException(fault.message.orEmpty())
        }
        settings.change { choices ->
            choices.setServerPath(command)
            for ((setting, value) in values) choices[setting] = value
        }
    }

    override fun reset() {
        form?.show(settings.choices)
    }

    override fun disposeUIResources() {
        form = null
    }
}
