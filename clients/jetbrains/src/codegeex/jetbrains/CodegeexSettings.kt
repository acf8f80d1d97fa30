package codegeex.jetbrains

import codegeex.text.Choices
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.components.PersistentStateComponent
import com.intellij.openapi.components.RoamingType
import com.intellij.openapi.components.Service
import com.intellij.openapi.components.State
import com.intellij.openapi.components.Storage
import java.util.concurrent.CopyOnWriteArrayList

/** What the IDE keeps in its configuration folder: JSON values by name. */
class StoredSettings {
    var values: MutableMap<String, String> = LinkedHashMap()
}

/**
 * The settings, for the whole IDE: they say where code is sent and which program is run, so that no project decides them.
 * They stay on this machine.
 */
@Service(Service.Level.APP)
@State(name = "CodeGeeX", storages = [Storage("codegeex.xml", roamingType = RoamingType.DISABLED)])
class CodegeexSettings : PersistentStateComponent<StoredSettings> {
    private var stored = StoredSettings()
    private val listeners = CopyOnWriteArrayList<() -> Unit>()
    val choices: Choices get() = Choices(stored.values)
    val isOn: Boolean get() = choices["enable"] != false
    val disabledLanguages: List<String> get() = (choices["disabledLanguages"] as? List<*>).orEmpty().map { it.toString() }

    override fun getState() = stored

    override fun loadState(state: StoredSettings) {
        stored = state
    }

    /** Change settings; every project's server is told. */
    fun change(edit: (Choices) -> Unit) {
        // A copy, since the IDE may save the old values on another thread meanwhile.
        stored = StoredSettings().apply { values.putAll(stored.values) }.also { edit(Choices(it.values)) }
        listeners.forEach { it() }
    }

    fun addListener(listener: () -> Unit) {
        listeners += listener
    }

    fun removeListener(listener: () -> Unit) {
        listeners -= listener
    }

    companion object {
        fun getInstance(): CodegeexSettings = ApplicationManager.getApplication().getService(CodegeexSettings::class.java)
    }
}
