package codegeex.ui

import codegeex.text.Block
import codegeex.text.parseSpans
import java.awt.Cursor
import java.awt.Point
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.JTextPane
import javax.swing.text.AttributeSet
import javax.swing.text.SimpleAttributeSet
import javax.swing.text.StyleConstants
import javax.swing.text.TabSet
import javax.swing.text.TabStop

private const val LINK = "codegeex.link"
private const val INDENT = 20f

/** The blocks of an answer between two pieces of code, in one text that can be selected as a whole. */
class Prose(private val blocks: List<Block>, private val palette: Palette, private val browse: (String) -> Unit) : JTextPane() {
    init {
        isEditable = false
        isOpaque = false
        border = null
        font = palette.font
        foreground = palette.foreground
        blocks.forEachIndexed { index, block -> append(block, isFirst = index == 0) }
        addMouseListener(object : MouseAdapter() {
            override fun mouseClicked(event: MouseEvent) {
                linkAt(event.point)?.let(browse)
            }
        })
        addMouseMotionListener(object : MouseAdapter() {
            override fun mouseMoved(event: MouseEvent) {
                cursor = Cursor.getPredefinedCursor(if (linkAt(event.point) == null) Cursor.TEXT_CURSOR else Cursor.HAND_CURSOR)
            }
        })
    }

    fun shows(others: List<Block>) = blocks == others

    private fun append(block: Block, isFirst: Boolean) {
        if (!isFirst) insert("\n", base())
        val start = styledDocument.length
        when (block) {
            is Block.Paragraph -> spans(block.text, base())
            is Block.Heading -> spans(block.text, base().apply {
                StyleConstants.setBold(this, true)
                StyleConstants.setFontSize(this, palette.font.size + maxOf(0, 4 - block.level))
            })
            is Block.Entry -> {
                insert("${block.marker}\t", base())
                spans(block.text, base())
            }
            is Block.Quote -> spans(block.text, base().apply { StyleConstants.setForeground(this, palette.muted) })
            is Block.Table -> insert(aligned(block.rows), code())
            is Block.Rule -> insert("―".repeat(12), base().apply { StyleConstants.setForeground(this, palette.line) })
            is Block.Code -> Unit // code has a view of its own
        }
        styledDocument.setParagraphAttributes(start, styledDocument.length - start + 1, paragraph(block, isFirst), false)
    }

    private fun paragraph(block: Block, isFirst: Boolean) = SimpleAttributeSet().apply {
        StyleConstants.setLineSpacing(this, 0.12f)
        StyleConstants.setSpaceAbove(this, if (isFirst) 0f else if (block is Block.Entry) 2f else 7f)
        when (block) {
            is Block.Entry -> {
                val left = INDENT * (block.depth + 1)
                StyleConstants.setLeftIndent(this, left)
                StyleConstants.setFirstLineIndent(this, -INDENT)
                StyleConstants.setTabSet(this, TabSet(arrayOf(TabStop(0f), TabStop(INDENT)))) // from the left indent on
            }
            is Block.Quote -> StyleConstants.setLeftIndent(this, INDENT)
            else -> StyleConstants.setLeftIndent(this, 0f)
        }
    }

    private fun spans(text: String, style: SimpleAttributeSet) {
        for (span in parseSpans(text)) {
            val attributes = SimpleAttributeSet(style)
            if (span.isBold) StyleConstants.setBold(attributes, true)
            if (span.isItalic) StyleConstants.setItalic(attributes, true)
            if (span.isCode) attributes.addAttributes(code())
            if (span.link.isNotEmpty()) {
                attributes.addAttribute(LINK, span.link)
                StyleConstants.setForeground(attributes, palette.link)
                StyleConstants.setUnderline(attributes, true)
            }
            insert(span.text, attributes)
        }
    }

    private fun base() = SimpleAttributeSet().apply {
        StyleConstants.setFontFamily(this, palette.font.family)
        StyleConstants.setFontSize(this, palette.font.size)
        StyleConstants.setForeground(this, palette.foreground)
    }

    private fun code() = SimpleAttributeSet().apply {
        StyleConstants.setFontFamily(this, palette.codeFont.family)
        StyleConstants.setFontSize(this, palette.codeFont.size)
        StyleConstants.setBackground(this, palette.codeBackground)
    }

    private fun aligned(rows: List<List<String>>): String {
        val plain = rows.map { row -> row.map { cell -> parseSpans(cell).joinToString("") { it.text } } }
        val widths = List(plain.maxOf { it.size }) { column -> plain.maxOf { it.getOrElse(column) { "" }.length } }
        return plain.joinToString("\n") { row -> widths.mapIndexed { i, width -> row.getOrElse(i) { "" }.padEnd(width) }.joinToString("  ") }
    }

    private fun insert(text: String, style: AttributeSet) = styledDocument.insertString(styledDocument.length, text, style)

    private fun linkAt(point: Point): String? =
        styledDocument.getCharacterElement(viewToModel2D(point)).attributes.getAttribute(LINK) as String?
}
