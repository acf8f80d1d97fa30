package codegeex.ui

import codegeex.text.TokenKind
import codegeex.text.Words
import codegeex.text.highlight
import java.awt.BorderLayout
import java.awt.Component
import java.awt.Cursor
import java.awt.Dimension
import java.awt.FlowLayout
import java.awt.Insets
import javax.swing.BorderFactory
import javax.swing.JButton
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.JTextPane
import javax.swing.ScrollPaneConstants
import javax.swing.SwingUtilities
import javax.swing.text.SimpleAttributeSet
import javax.swing.text.StyleConstants

/** What can be done with a piece of code in an answer. */
enum class CodeAction(val key: String) { COPY("ask.copy"), INSERT("ask.insert"), APPLY("ask.apply"), NEW_FILE("ask.newFile") }

/** A piece of code in an answer, highlighted, with its buttons. */
class CodeView(
    private val language: String,
    private val palette: Palette,
    words: Words,
    act: (CodeAction, String, String) -> Unit,
) : JPanel(BorderLayout()) {
    private val text = object : JTextPane() {
        override fun getScrollableTracksViewportWidth() = false // long lines are scrolled, not wrapped
    }
    var code = ""
        private set

    init {
        background = palette.codeBackground
        border = BorderFactory.createLineBorder(palette.line)
        text.isEditable = false
        text.background = palette.codeBackground
        text.font = palette.codeFont
        text.border = BorderFactory.createEmptyBorder(4, 8, 6, 8)
        text.accessibleContext.accessibleName = words("ask.code")
        add(header(words, act), BorderLayout.NORTH)
        add(scroller(text), BorderLayout.CENTER)
    }

    fun show(fresh: String) {
        if (fresh == code && text.document.length > 0) return
        code = fresh
        text.text = fresh
        val plain = SimpleAttributeSet().apply {
            StyleConstants.setFontFamily(this, palette.codeFont.family)
            StyleConstants.setFontSize(this, palette.codeFont.size)
            StyleConstants.setForeground(this, palette.foreground)
        }
        text.styledDocument.setCharacterAttributes(0, fresh.length, plain, true)
        for (token in highlight(fresh, language)) {
            val style = SimpleAttributeSet()
            StyleConstants.setForeground(style, palette.tokens[token.kind] ?: continue)
            if (token.kind == TokenKind.COMMENT) StyleConstants.setItalic(style, true)
            text.styledDocument.setCharacterAttributes(token.start, token.end - token.start, style, false)
        }
    }

    fun isOf(other: String) = language == other

    private fun header(words: Words, act: (CodeAction, String, String) -> Unit) = JPanel(BorderLayout()).apply {
        isOpaque = false
        border = BorderFactory.createMatteBorder(0, 0, 1, 0, palette.line)
        val name = JLabel(language.ifEmpty { words("ask.code") })
        name.foreground = palette.muted
        name.border = BorderFactory.createEmptyBorder(0, 8, 0, 0)
        add(name, BorderLayout.WEST)
        val buttons = JPanel(FlowLayout(FlowLayout.RIGHT, 2, 1)).apply { isOpaque = false }
        for (action in CodeAction.entries) {
            buttons.add(linkButton(words("${action.key}.short"), words(action.key), palette) { act(action, code, language) })
        }
        add(buttons, BorderLayout.EAST)
    }

    /** Scrolls sideways; the wheel scrolls the conversation. */
    private fun scroller(view: Component) = object : JScrollPane(
        view, ScrollPaneConstants.VERTICAL_SCROLLBAR_NEVER, ScrollPaneConstants.HORIZONTAL_SCROLLBAR_AS_NEEDED,
    ) {
        /** As high as the code, and as the scroll bar if there is one. */
        override fun getPreferredSize(): Dimension {
            val code = view.preferredSize
            val bar = if (width in 1 until code.width) horizontalScrollBar.preferredSize.height else 0
            return Dimension(code.width, code.height + bar)
        }
    }.apply {
        border = null
        viewport.background = palette.codeBackground
        mouseWheelListeners.forEach(::removeMouseWheelListener)
        addMouseWheelListener { event -> parent?.dispatchEvent(SwingUtilities.convertMouseEvent(this, event, parent)) }
    }
}

/** Return a button that looks like a link. */
fun linkButton(title: String, tip: String, palette: Palette, press: () -> Unit) = JButton(title).apply {
    toolTipText = tip
    accessibleContext.accessibleName = tip
    isContentAreaFilled = false
    isBorderPainted = false
    isOpaque = false
    margin = Insets(0, 0, 0, 0)
    border = BorderFactory.createEmptyBorder(3, 6, 3, 6)
    foreground = palette.link
    font = palette.font.deriveFont(palette.font.size - 1f)
    cursor = Cursor.getPredefinedCursor(Cursor.HAND_CURSOR)
    addActionListener { press() }
}
