package codegeex.ui

import codegeex.text.Block
import codegeex.text.Words
import codegeex.text.parseMarkdown
import java.awt.Component
import javax.swing.JPanel

/** What can be done from an answer. */
interface AnswerActions {
    fun act(action: CodeAction, code: String, language: String)
    fun browse(address: String)
}

/** An answer in Markdown; while it grows, only the parts that change are made again. */
class AnswerView(private val palette: Palette, private val words: Words, private val actions: AnswerActions) : JPanel(Column(8)) {
    init {
        isOpaque = false
    }

    fun show(markdown: String) {
        val parts = parts(parseMarkdown(markdown))
        while (componentCount > parts.size) remove(componentCount - 1)
        parts.forEachIndexed { index, part -> showPart(index, part) }
        revalidate()
        repaint()
    }

    private fun showPart(index: Int, part: List<Block>) {
        val old = if (index < componentCount) getComponent(index) else null
        val code = part.first() as? Block.Code
        if (code != null && old is CodeView && old.isOf(code.language)) return old.show(code.text)
        if (code == null && old is Prose && old.shows(part)) return
        val view: Component = if (code == null) Prose(part, palette, actions::browse)
        else CodeView(code.language, palette, words, actions::act).apply { show(code.text) }
        if (old != null) remove(index)
        add(view, index)
    }

    /** Return the blocks in groups: each piece of code alone, what stands between two of them together. */
    private fun parts(blocks: List<Block>): List<List<Block>> {
        val parts = mutableListOf<MutableList<Block>>()
        for (block in blocks) {
            val last = parts.lastOrNull()
            if (last == null || block is Block.Code || last.first() is Block.Code) parts += mutableListOf(block) else last += block
        }
        return parts
    }
}
