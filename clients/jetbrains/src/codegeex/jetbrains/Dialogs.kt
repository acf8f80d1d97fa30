package codegeex.jetbrains

import codegeex.text.Words
import com.intellij.diff.DiffContentFactory
import com.intellij.diff.DiffManager
import com.intellij.diff.requests.SimpleDiffRequest
import com.intellij.openapi.fileTypes.FileType
import com.intellij.openapi.project.Project
import com.intellij.openapi.ui.DialogWrapper
import java.awt.BorderLayout
import java.awt.Dimension
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.JTextArea

/** Shows a change before it is made: the text as it is and as it would be. */
class ReviewDialog(
    project: Project,
    private val words: Words,
    private val name: String,
    private val before: String,
    private val after: String,
    private val type: FileType?,
    private val warnings: List<String> = emptyList(),
) : DialogWrapper(project) {
    private val panel = DiffManager.getInstance().createRequestPanel(project, disposable, null)

    init {
        setTitle(words("review.title", name))
        setOKButtonText(words(if (before.isEmpty()) "review.create" else "review.accept"))
        val contents = DiffContentFactory.getInstance()
        val (left, right) = listOf(before, after).map { contents.create(project, it, type) }
        panel.setRequest(SimpleDiffRequest(null, left, right, words("review.before"), words("review.after")))
        init()
    }

    override fun createCenterPanel(): JComponent = JPanel(BorderLayout(0, 8)).apply {
        preferredSize = Dimension(900, 560)
        if (warnings.isNotEmpty()) add(JLabel("⚠ " + warnings.joinToString(" ")), BorderLayout.NORTH)
        add(panel.component, BorderLayout.CENTER)
    }

    override fun getPreferredFocusedComponent() = panel.preferredFocusedComponent

    override fun getDimensionServiceKey() = "codegeex.review"
}

/** Asks for a line of text, or for one of `options`; another can be typed. */
class PromptDialog(project: Project, heading: String, private val label: String, private val options: List<String> = emptyList()) :
    DialogWrapper(project) {
    private val area = JTextArea(4, 50).apply {
        lineWrap = true
        wrapStyleWord = true
    }
    private val list = JComboBox(options.toTypedArray()).apply { isEditable = true }

    init {
        setTitle(heading)
        init()
    }

    override fun createCenterPanel(): JComponent = JPanel(BorderLayout(0, 6)).apply {
        add(JLabel(label), BorderLayout.NORTH)
        add(if (options.isEmpty()) JScrollPane(area) else list, BorderLayout.CENTER)
    }

    override fun getPreferredFocusedComponent(): JComponent = if (options.isEmpty()) area else list

    /** Return what the user has entered, "" if nothing or if the dialog was cancelled. */
    fun ask(): String = if (!showAndGet()) "" else if (options.isEmpty()) area.text.trim() else list.editor.item.toString().trim()
}
