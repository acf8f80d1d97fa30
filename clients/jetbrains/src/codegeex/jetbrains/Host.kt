package codegeex.jetbrains

import codegeex.text.Severity
import codegeex.text.Words
import com.intellij.DynamicBundle
import com.intellij.notification.Notification
import com.intellij.notification.NotificationAction
import com.intellij.notification.NotificationType
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.application.PathManager
import com.intellij.openapi.project.Project
import com.intellij.testFramework.LightVirtualFile
import com.intellij.util.EnvironmentUtil
import com.intellij.openapi.fileEditor.FileEditorManager
import java.nio.file.Path

/** A button of a notification. */
class Button(val title: String, val press: () -> Unit)

/** What the plugin needs of the IDE besides its editors: an interface, so that tests can take the IDE's place. */
interface Host {
    val words: Words
    val dataFolder: Path // where the installed server and the conversations are kept

    /** The server's wheel file, if this build of the plugin carries one. */
    val bundledWheel: Path?

    /** The environment of the user's shell: an IDE started from a dock has another. */
    fun environment(): Map<String, String>

    /** Run `work` on the UI thread, later; there it may change documents. */
    fun onUiThread(work: () -> Unit)

    fun notify(project: Project, severity: Severity, message: String, buttons: List<Button> = emptyList())

    /** Open a text that is no file. */
    fun openText(project: Project, name: String, text: String)
}

object IdeHost : Host {
    override val words by lazy { Words(DynamicBundle.getLocale()) }
    override val dataFolder: Path get() = Path.of(PathManager.getSystemPath(), "codegeex-lsp")

    override val bundledWheel: Path?
        get() {
            val jar = PathManager.getJarPathForClass(IdeHost::class.java) ?: return null
            val folder = Path.of(jar).parent?.resolveSibling("server") ?: return null
            return folder.toFile().listFiles { file -> file.name.endsWith(".whl") }?.firstOrNull()?.toPath()
        }

    override fun environment(): Map<String, String> = EnvironmentUtil.getEnvironmentMap()

    override fun onUiThread(work: () -> Unit) = ApplicationManager.getApplication().invokeLater(Runnable { work() })

    override fun notify(project: Project, severity: Severity, message: String, buttons: List<Button>) {
        val type = when (severity) {
            Severity.NONE -> NotificationType.INFORMATION
            Severity.WARNING -> NotificationType.WARNING
            Severity.ERROR -> NotificationType.ERROR
        }
        val notification = Notification(NOTIFICATION_GROUP, "CodeGeeX", message, type)
        for (button in buttons) notification.addAction(NotificationAction.createSimpleExpiring(button.title) { button.press() })
        notification.notify(project)
    }

    override fun openText(project: Project, name: String, text: String) {
        FileEditorManager.getInstance(project).openFile(LightVirtualFile(name, text), true)
    }

    private const val NOTIFICATION_GROUP = "CodeGeeX"
}
