package codegeex.ui

import codegeex.lsp.Source
import codegeex.text.Turn
import codegeex.text.Words
import java.awt.BorderLayout
import java.awt.Color
import java.awt.Component
import java.awt.FlowLayout
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JTextArea

/** What can be done from a turn. */
interface TurnActions : AnswerActions {
    fun openSource(source: Source)
    fun askAgain()
}

/** A question and its answer. */
class TurnView(private val palette: Palette, private val words: Words, private val actions: TurnActions) : JPanel(Column(8)) {
    private val question = text("", palette.foreground)
    private val about = JLabel().apply { foreground = palette.muted }
    private val answer = AnswerView(palette, words, actions)
    private val stage = JLabel().apply { foreground = palette.muted }
    private val after = JPanel(Column(4)).apply { isOpaque = false }
    private var shown: Turn? = null
    private var showsSources = false

    init {
        isOpaque = false
        val asked = JPanel(Column(2)).apply {
            background = palette.question
            border = BorderFactory.createEmptyBorder(8, 10, 8, 10)
            add(question)
            add(about)
        }
        listOf(asked, answer, stage, after).forEach(::add)
        answer.accessibleContext.accessibleName = words("ask.answer")
        asked.accessibleContext.accessibleName = words("ask.question")
    }

    /** Show a turn; `doing` is what the server does just now, "" once it is answered. */
    fun show(turn: Turn, doing: String) {
        if (turn != shown) {
            question.text = turn.question
            about.text = turn.about
            about.isVisible = turn.about.isNotEmpty()
            answer.show(turn.text)
            answer.isVisible = turn.text.isNotEmpty()
        }
        shown = turn
        stage.text = doing
        stage.isVisible = doing.isNotEmpty()
        after.removeAll()
        if (doing.isEmpty()) afterwards(turn).forEach(after::add)
        after.isVisible = after.componentCount > 0
        revalidate()
        repaint()
    }

    private fun afterwards(turn: Turn): List<JComponent> = buildList {
        turn.warnings.forEach { add(text(it, palette.warning)) }
        if (turn.fault.isNotEmpty()) add(text(turn.fault, palette.fault))
        if (turn.stopped && turn.fault.isEmpty()) add(text(words("ask.stopped"), palette.muted))
        if (turn.text.isEmpty() && turn.fault.isEmpty() && !turn.stopped) add(text(words("ask.nothing"), palette.muted))
        turn.notices.forEach { add(text(it, palette.muted)) }
        if (turn.fault.isNotEmpty() || turn.stopped) add(left(linkButton(words("ask.again"), words("ask.again"), palette, actions::askAgain)))
        if (turn.sources.isNotEmpty()) addAll(sources(turn))
    }

    /** Folded under an answer; what a model that does not converse answers with is these places alone. */
    private fun sources(turn: Turn): List<JComponent> {
        val isOpen = showsSources || !turn.converses
        val title = words(if (turn.converses) "ask.sources" else "ask.places", turn.sources.size)
        val fold = linkButton("${if (isOpen) "▾" else "▸"} $title", title, palette) {
            showsSources = !isOpen
            show(turn, "")
        }
        return listOf(left(fold)) + if (isOpen) turn.sources.map(::source) else emptyList()
    }

    private fun source(source: Source) = JPanel(BorderLayout(6, 0)).apply {
        isOpaque = false
        border = BorderFactory.createEmptyBorder(0, 14, 0, 0)
        val label = if (source.symbol.isEmpty()) source.label else "${source.symbol}  ${source.label}"
        val name: Component = if (source.uri.isEmpty()) JLabel(label) else linkButton(label, source.path, palette) { actions.openSource(source) }
        add(name, BorderLayout.WEST)
        add(JLabel(source.reason).apply { foreground = palette.muted }, BorderLayout.CENTER)
    }

    private fun left(component: Component) = JPanel(FlowLayout(FlowLayout.LEFT, 0, 0)).apply {
        isOpaque = false
        add(component)
    }

    private fun text(content: String, color: Color) = JTextArea(content).apply {
        isEditable = false
        isOpaque = false
        lineWrap = true
        wrapStyleWord = true
        border = null
        font = palette.font
        foreground = color
    }
}
