package codegeex.ui

import codegeex.text.Words
import java.awt.BorderLayout
import java.awt.Dimension
import java.awt.event.KeyAdapter
import java.awt.event.KeyEvent
import javax.swing.BorderFactory
import javax.swing.JButton
import javax.swing.JCheckBox
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.JTextArea
import javax.swing.ScrollPaneConstants
import javax.swing.SwingUtilities
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener

private const val MAX_LINES = 8

/** Where a question is written: Enter sends, Shift+Enter begins a line, Escape stops, Up brings back the last question. */
class QuestionBox(private val words: Words, private val events: Events, mentions: () -> List<Mention>) : JPanel(BorderLayout(0, 4)) {
    interface Events {
        fun send(question: String)
        fun stop()
        fun earlierQuestions(): List<String>
    }

    private val box = JTextArea(1, 10).apply {
        lineWrap = true
        wrapStyleWord = true
        toolTipText = words("ask.hint")
        accessibleContext.accessibleName = words("ask.placeholder")
    }
    private val looking = JCheckBox("", true).apply { isOpaque = false }
    private val button = JButton()
    private val popup = Mentions(box, mentions)
    private var isAnswering = false
    private var recalled = 0 // how many questions back
    private val scroll = JScrollPane(box, ScrollPaneConstants.VERTICAL_SCROLLBAR_AS_NEEDED, ScrollPaneConstants.HORIZONTAL_SCROLLBAR_NEVER)

    var text: String
        get() = box.text
        set(value) {
            box.text = value
            box.caretPosition = value.length
        }

    val lookedAt: String get() = looking.text

    /** True if what the user looks at goes with the question. */
    val looksAt: Boolean get() = looking.isVisible && looking.isSelected

    init {
        isOpaque = false
        add(scroll, BorderLayout.CENTER)
        add(JPanel(BorderLayout()).apply {
            isOpaque = false
            add(looking, BorderLayout.WEST)
            add(button, BorderLayout.EAST)
        }, BorderLayout.SOUTH)
        button.addActionListener { if (isAnswering) events.stop() else send() }
        box.addKeyListener(object : KeyAdapter() {
            override fun keyPressed(event: KeyEvent) {
                if (popup.handleKey(event) || handleKey(event)) event.consume()
            }
        })
        box.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(event: DocumentEvent) = changed()
            override fun removeUpdate(event: DocumentEvent) = changed()
            override fun changedUpdate(event: DocumentEvent) = Unit
        })
        showAnswering(false)
        showLookedAt("")
    }

    fun focus() = box.requestFocusInWindow()

    fun showAnswering(answering: Boolean) {
        isAnswering = answering
        button.text = words(if (answering) "ask.stop" else "ask.send")
        button.toolTipText = words(if (answering) "ask.stop.tip" else "ask.send.tip")
        button.isEnabled = answering || box.text.isNotBlank()
    }

    /** Name what would go with a question: the selection or the file that is open; "" if there is none. */
    fun showLookedAt(label: String) {
        looking.text = label
        looking.toolTipText = words("ask.looking", label)
        looking.isVisible = label.isNotEmpty()
    }

    fun restyle(palette: Palette) {
        box.font = palette.font
        box.border = BorderFactory.createEmptyBorder(6, 8, 6, 8)
        scroll.border = BorderFactory.createLineBorder(palette.line)
        looking.foreground = palette.muted
        fit()
    }

    private fun send() {
        val question = box.text.trim()
        if (question.isEmpty() || isAnswering) return
        popup.hide()
        text = ""
        recalled = 0
        events.send(question)
    }

    private fun handleKey(event: KeyEvent): Boolean {
        when (event.keyCode) {
            KeyEvent.VK_ENTER -> if (event.isShiftDown) box.replaceSelection("\n") else send()
            KeyEvent.VK_ESCAPE -> if (isAnswering) events.stop() else return false
            KeyEvent.VK_UP -> return recall(1)
            KeyEvent.VK_DOWN -> return recall(-1)
            else -> return false
        }
        return true
    }

    /** Earlier questions come back if nothing else is written. */
    private fun recall(step: Int): Boolean {
        val earlier = events.earlierQuestions()
        val now = if (recalled == 0) "" else earlier.getOrNull(earlier.size - recalled)
        if (box.text != now) {
            if (box.text.isNotEmpty()) return false
            recalled = 0
        }
        val next = (recalled + step).coerceIn(0, earlier.size)
        if (next == recalled) return false
        text = if (next == 0) "" else earlier[earlier.size - next]
        recalled = next
        return true
    }

    private fun changed() {
        button.isEnabled = isAnswering || box.text.isNotBlank()
        fit()
        SwingUtilities.invokeLater { popup.update() }
    }

    /** As high as what is written, up to some lines. */
    private fun fit() {
        val line = box.getFontMetrics(box.font).height
        val lines = if (box.width > 0) (box.preferredSize.height - 12) / line else box.lineCount
        scroll.preferredSize = Dimension(10, line * lines.coerceIn(1, MAX_LINES) + 14)
        revalidate()
    }
}
