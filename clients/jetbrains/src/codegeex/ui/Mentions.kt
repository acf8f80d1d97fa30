package codegeex.ui

import java.awt.event.KeyEvent
import javax.swing.JMenuItem
import javax.swing.JPopupMenu
import javax.swing.JTextArea
import javax.swing.MenuElement
import javax.swing.MenuSelectionManager

/** What a question may mention; `insert` takes the place of what was typed of it. */
data class Mention(val insert: String, val description: String)

private val BEGUN = Regex("""(?:^|\s)([#@]\S*)$""")
private const val MAX_SHOWN = 12

/** Return the mentions that begin as what stands before the cursor does, and how much of it that is; (0, none) if nothing does. */
fun matchingMentions(before: String, known: List<Mention>): Pair<Int, List<Mention>> {
    val begun = BEGUN.find(before)?.groupValues?.get(1) ?: return 0 to emptyList()
    val word = begun.substringAfter(':', "")
    val matching = known.filter {
        val isFile = begun.startsWith("#file:") && it.insert.startsWith("#file:") && word.isNotEmpty()
        it.insert != begun && (it.insert.startsWith(begun, ignoreCase = true) || isFile && it.insert.contains(word, ignoreCase = true))
    }
    return begun.length to matching.take(MAX_SHOWN)
}

/** A popup with what may be mentioned where the cursor stands in a question. */
class Mentions(private val box: JTextArea, private val known: () -> List<Mention>) {
    private val popup = JPopupMenu().apply { isFocusable = false }
    private var shown: List<Mention> = emptyList()
    private var begun = 0
    private var selected = 0

    /** Show or hide the popup after an edit. */
    fun update() {
        val (length, mentions) = matchingMentions(box.text.take(box.caretPosition), known())
        begun = length
        shown = mentions
        selected = 0
        if (shown.isEmpty() || !box.isShowing) return hide()
        popup.removeAll()
        for (mention in shown) popup.add(JMenuItem("${mention.insert}   ${mention.description}").apply { addActionListener { take(mention) } })
        val at = box.modelToView2D(box.caretPosition) ?: return hide()
        popup.show(box, at.x.toInt(), at.y.toInt() - popup.preferredSize.height)
        highlight()
    }

    fun hide() {
        popup.isVisible = false
        shown = emptyList()
    }

    /** Return true if the key was meant for the popup. */
    fun handleKey(event: KeyEvent): Boolean {
        if (shown.isEmpty()) return false
        when (event.keyCode) {
            KeyEvent.VK_DOWN, KeyEvent.VK_UP -> {
                val step = if (event.keyCode == KeyEvent.VK_DOWN) 1 else -1
                selected = (selected + step + shown.size) % shown.size
                highlight()
            }
            KeyEvent.VK_ENTER, KeyEvent.VK_TAB -> take(shown[selected])
            KeyEvent.VK_ESCAPE -> hide()
            else -> return false
        }
        return true
    }

    private fun highlight() {
        val item = popup.getComponent(selected) as JMenuItem
        MenuSelectionManager.defaultManager().selectedPath = arrayOf<MenuElement>(popup, item)
    }

    private fun take(mention: Mention) {
        val end = box.caretPosition
        box.replaceRange(mention.insert + if (mention.insert.endsWith(":")) "" else " ", end - begun, end)
        hide()
    }
}
