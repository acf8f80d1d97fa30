package codegeex.jetbrains

import codegeex.text.InEditor
import codegeex.text.Severity
import codegeex.text.languageOfFile
import codegeex.ui.Palette
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.CustomStatusBarWidget
import com.intellij.openapi.wm.StatusBar
import com.intellij.openapi.wm.StatusBarWidget
import com.intellij.openapi.wm.StatusBarWidgetFactory
import java.awt.Cursor
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JLabel

private const val WIDGET_ID = "codegeex.status"

class StatusWidgetFactory : StatusBarWidgetFactory {
    override fun getId() = WIDGET_ID

    override fun getDisplayName() = "CodeGeeX"

    override fun isAvailable(project: Project) = true

    override fun createWidget(project: Project): StatusBarWidget = StatusWidget(CodegeexService.getInstance(project), ::inEditor)

    override fun disposeWidget(widget: StatusBarWidget) = widget.dispose()

    override fun canBeEnabledOn(statusBar: StatusBar) = true
}

/** The model's name, or what is wrong; its tooltip says why there are no suggestions, a click opens the menu. */
class StatusWidget(private val service: CodegeexService, private val look: (CodegeexService) -> InEditor) : CustomStatusBarWidget {
    private val label = object : JLabel() {
        override fun getToolTipText() = "CodeGeeX: ${shown().detail}" // as it is when the pointer rests on it
    }
    private val onChange: () -> Unit = { service.host.onUiThread { draw() } }

    init {
        label.border = BorderFactory.createEmptyBorder(0, 6, 0, 6)
        label.cursor = Cursor.getPredefinedCursor(Cursor.HAND_CURSOR)
        label.toolTipText = "CodeGeeX"
        label.addMouseListener(object : MouseAdapter() {
            override fun mouseClicked(event: MouseEvent) {
                val menu = statusMenu(service, look(service))
                menu.show(label, 0, -menu.preferredSize.height)
            }
        })
        draw()
        service.addListener(onChange)
    }

    override fun ID() = WIDGET_ID

    override fun getComponent(): JComponent = label

    override fun dispose() = service.removeListener(onChange)

    private fun shown() = service.shownStatus(look(service))

    private fun draw() {
        val (text, detail, severity) = service.shownStatus()
        val palette = Palette.current()
        label.text = if (severity == Severity.NONE) text else "⚠ $text"
        label.foreground = when (severity) {
            Severity.NONE -> palette.foreground
            Severity.WARNING -> palette.warning
            Severity.ERROR -> palette.fault
        }
        label.accessibleContext.accessibleName = "CodeGeeX, $text: $detail"
    }
}

/** Return what is in the selected editor. Called on the UI thread. */
fun inEditor(service: CodegeexService): InEditor {
    val editor = FileEditorManager.getInstance(service.project).selectedTextEditor ?: return InEditor()
    val file = FileDocumentManager.getInstance().getFile(editor.document)
    return InEditor(file?.let { languageOfFile(it.name) }.orEmpty(), whyNotServed(editor, file))
}
