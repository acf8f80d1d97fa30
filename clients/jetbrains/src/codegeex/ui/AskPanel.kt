package codegeex.ui

import codegeex.lsp.Answer
import codegeex.lsp.Source
import codegeex.text.Conversation
import codegeex.text.Turn
import codegeex.text.Words
import java.awt.BorderLayout
import java.awt.FlowLayout
import javax.swing.BorderFactory
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JPopupMenu
import javax.swing.JScrollPane
import javax.swing.ScrollPaneConstants
import javax.swing.SwingUtilities
import javax.swing.Timer

/** A question as the panel hands it over. */
data class Question(
    val text: String,
    val conversation: Conversation, // with its earlier turns
    val looksAt: Boolean, // what the user looks at goes with it
    val task: String = "", // "explain" for the task of that name, "" for a question
)

/** What comes of a question; called on the UI thread. */
interface AnswerEvents {
    fun onText(text: String)
    fun onStage(stage: String)
    fun onAnswer(answer: Answer)
    fun onFault(message: String)
}

/** What the panel needs of the IDE. Called on the UI thread; every function returns at once. */
interface AskHost {
    /** Ask, and return a function that stops the answer. */
    fun ask(question: Question, events: AnswerEvents): () -> Unit
    fun act(action: CodeAction, code: String, language: String)
    fun openSource(source: Source)
    fun browse(address: String)
    fun mentions(): List<Mention>
    fun palette(): Palette
    fun beginConversation(): Conversation
    fun keep(conversation: Conversation)
    fun listConversations(show: (List<Conversation>) -> Unit)
    fun forget(conversation: Conversation)
}

/** Questions and answers. Plain Swing, so that it can be painted without an IDE. */
class AskPanel(private val words: Words, private val host: AskHost) : JPanel(BorderLayout()), TurnActions, QuestionBox.Events {
    private var palette = host.palette()
    private val title = JLabel()
    private val buttons = JPanel(FlowLayout(FlowLayout.RIGHT, 0, 0)).apply { isOpaque = false }
    private val turns = ScrolledColumn(16)
    private val scroll = JScrollPane(turns, ScrollPaneConstants.VERTICAL_SCROLLBAR_AS_NEEDED, ScrollPaneConstants.HORIZONTAL_SCROLLBAR_NEVER)
    private val box = QuestionBox(words, this, host::mentions)
    private val redraw = Timer(REDRAW_MS) { drawLast() }.apply { isRepeats = false }
    private var conversation = host.beginConversation()
    private var running: Running? = null
    private var lastTask = "" // of the last turn, if it was asked here
    private var isBuilt = false // the superclass calls updateUI before there is anything to draw

    /** The answer that is being written. */
    private inner class Running(val turn: Turn) : AnswerEvents {
        val text = StringBuilder()
        var doing = words("ask.answering")
        var stop: () -> Unit = {}

        override fun onText(text: String) {
            this.text.append(text)
            drawSoon()
        }

        override fun onStage(stage: String) {
            if (stage == "repairing") text.clear() // the answer begins again
            doing = words("ask.$stage")
            drawSoon()
        }

        override fun onAnswer(answer: Answer) = end(
            turn.copy(
                text = answer.text, sources = answer.sources, notices = answer.notices, warnings = answer.warnings,
                converses = answer.converses, stopped = answer.stopped,
            ),
        )

        override fun onFault(message: String) = end(turn.copy(text = text.toString(), fault = message, stopped = true))

        private fun drawSoon() {
            if (running === this && !redraw.isRunning) redraw.start()
        }

        private fun end(answered: Turn) {
            if (running !== this) return // another conversation is shown by now
            running = null
            replaceLast(answered)
            host.keep(conversation)
            box.showAnswering(false)
        }
    }

    init {
        val header = JPanel(BorderLayout()).apply { isOpaque = false }
        header.border = BorderFactory.createEmptyBorder(4, 10, 4, 4)
        header.add(title, BorderLayout.CENTER)
        header.add(buttons, BorderLayout.EAST)
        add(header, BorderLayout.NORTH)
        scroll.border = null
        add(scroll, BorderLayout.CENTER)
        box.border = BorderFactory.createEmptyBorder(6, 10, 10, 10)
        add(box, BorderLayout.SOUTH)
        restyle()
        isBuilt = true
    }

    /** The theme has changed. */
    override fun updateUI() {
        super.updateUI()
        if (isBuilt) SwingUtilities.invokeLater(::restyle)
    }

    fun showLookedAt(label: String) = box.showLookedAt(label)

    fun focusQuestion() = box.focus()

    override fun send(question: String) = ask(question)

    fun ask(question: String, task: String = "") {
        if (running != null) return
        val asked = Question(question, conversation, box.looksAt || task.isNotEmpty(), task)
        lastTask = task
        val turn = Turn(question, if (asked.looksAt) box.lookedAt else "")
        conversation = conversation.copy(turns = conversation.turns + turn)
        val run = Running(turn)
        running = run
        turns.add(TurnView(palette, words, this))
        box.showAnswering(true)
        drawLast()
        title.text = conversation.title
        run.stop = host.ask(asked, run)
        scrollToEnd()
    }

    override fun stop() {
        running?.stop?.invoke()
    }

    override fun earlierQuestions() = conversation.turns.map { it.question }

    override fun askAgain() {
        val last = conversation.turns.lastOrNull() ?: return
        if (running != null) return
        val task = lastTask
        show(conversation.copy(turns = conversation.turns.dropLast(1)))
        ask(last.question, task)
    }

    override fun act(action: CodeAction, code: String, language: String) = host.act(action, code, language)

    override fun browse(address: String) = host.browse(address)

    override fun openSource(source: Source) = host.openSource(source)

    fun show(other: Conversation) {
        running?.stop?.invoke()
        running = null
        lastTask = ""
        conversation = other
        box.showAnswering(false)
        restyle()
    }

    private fun showHistory() = host.listConversations { known ->
        val menu = JPopupMenu()
        for (each in known.take(MAX_LISTED)) menu.add(each.title).addActionListener { show(each) }
        if (known.isEmpty()) menu.add(words("ask.noConversations")).isEnabled = false
        if (conversation.turns.isNotEmpty()) {
            menu.addSeparator()
            menu.add(words("ask.delete")).addActionListener {
                host.forget(conversation)
                show(host.beginConversation())
            }
        }
        menu.show(buttons, buttons.width - menu.preferredSize.width, buttons.height)
    }

    /** Make everything again, in the colours of the theme. */
    private fun restyle() {
        palette = host.palette()
        background = palette.background
        turns.background = palette.background
        turns.border = BorderFactory.createEmptyBorder(4, 10, 10, 10)
        scroll.viewport.background = palette.background
        title.foreground = palette.foreground
        title.text = conversation.title.ifEmpty { words("ask.title") }
        buttons.removeAll()
        buttons.add(linkButton(words("ask.new"), words("ask.new"), palette) { show(host.beginConversation()) })
        buttons.add(linkButton(words("ask.history"), words("ask.history"), palette) { showHistory() })
        box.restyle(palette)
        turns.removeAll()
        if (conversation.turns.isEmpty()) turns.add(Prose(codegeex.text.parseMarkdown(words("ask.intro")), palette, host::browse))
        for (turn in conversation.turns) turns.add(TurnView(palette, words, this).apply { show(turn, "") })
        if (running != null) drawLast()
        revalidate()
        repaint()
    }

    private fun drawLast() {
        if (conversation.turns.size == 1 && turns.componentCount > 1) turns.remove(0) // the introduction
        val view = turns.components.lastOrNull() as? TurnView ?: return
        val run = running
        val isAtEnd = scroll.verticalScrollBar.run { value + visibleAmount >= maximum - NEAR_END }
        if (run == null) view.show(conversation.turns.last(), "") else view.show(run.turn.copy(text = run.text.toString()), run.doing)
        turns.revalidate()
        if (isAtEnd) scrollToEnd()
    }

    private fun replaceLast(turn: Turn) {
        conversation = conversation.copy(turns = conversation.turns.dropLast(1) + turn)
        drawLast()
    }

    private fun scrollToEnd() = SwingUtilities.invokeLater { scroll.verticalScrollBar.run { value = maximum } }

    private companion object {
        const val REDRAW_MS = 80
        const val NEAR_END = 40
        const val MAX_LISTED = 20
    }
}
