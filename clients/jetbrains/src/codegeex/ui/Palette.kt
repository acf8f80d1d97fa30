package codegeex.ui

import codegeex.text.TokenKind
import java.awt.Color
import java.awt.Font
import javax.swing.UIManager

/** Colours and fonts of the theme in force. */
data class Palette(
    val background: Color,
    val foreground: Color,
    val muted: Color,
    val line: Color, // borders
    val codeBackground: Color,
    val question: Color, // background of a question
    val link: Color,
    val warning: Color,
    val fault: Color,
    val tokens: Map<TokenKind, Color>,
    val font: Font,
    val codeFont: Font,
) {
    val isDark: Boolean get() = brightness(background) < 0.5

    companion object {
        /** Return the palette of the look and feel; `editor` overrides what an editor's colour scheme knows better. */
        fun current(editor: EditorColors = EditorColors()): Palette {
            val font = UIManager.getFont("Label.font") ?: Font(Font.DIALOG, Font.PLAIN, 12)
            val background = UIManager.getColor("Panel.background") ?: Color(0xF7F8FA)
            val foreground = UIManager.getColor("Label.foreground") ?: Color.BLACK
            val isDark = brightness(background) < 0.5
            val plain = if (isDark) DARK_TOKENS else LIGHT_TOKENS
            return Palette(
                background = background,
                foreground = foreground,
                muted = mix(foreground, background, 0.4),
                line = mix(foreground, background, 0.8),
                codeBackground = editor.background ?: mix(background, if (isDark) Color.BLACK else Color.WHITE, 0.35),
                question = mix(foreground, background, 0.92),
                link = UIManager.getColor("Link.activeForeground") ?: if (isDark) Color(0x6B9BFA) else Color(0x2470B3),
                warning = if (isDark) Color(0xE0B050) else Color(0x8A6100),
                fault = if (isDark) Color(0xF2777A) else Color(0xB3261E),
                tokens = plain + editor.tokens,
                font = font,
                codeFont = Font(editor.fontName ?: Font.MONOSPACED, Font.PLAIN, editor.fontSize ?: font.size),
            )
        }

        private val LIGHT_TOKENS = mapOf(
            TokenKind.KEYWORD to Color(0x0033B3), TokenKind.STRING to Color(0x067D17),
            TokenKind.COMMENT to Color(0x707070), TokenKind.NUMBER to Color(0x1750EB),
        )
        private val DARK_TOKENS = mapOf(
            TokenKind.KEYWORD to Color(0xCF8E6D), TokenKind.STRING to Color(0x6AAB73),
            TokenKind.COMMENT to Color(0x8A8F98), TokenKind.NUMBER to Color(0x2AACB8),
        )
    }
}

/** What an editor's colour scheme says; null where it says nothing. */
data class EditorColors(
    val background: Color? = null,
    val fontName: String? = null,
    val fontSize: Int? = null,
    val tokens: Map<TokenKind, Color> = emptyMap(),
)

/** Return `first` with `share` of `second` in it. */
fun mix(first: Color, second: Color, share: Double): Color {
    fun part(one: Int, other: Int) = (one + (other - one) * share).toInt().coerceIn(0, 255)
    return Color(part(first.red, second.red), part(first.green, second.green), part(first.blue, second.blue))
}

private fun brightness(color: Color) = (0.299 * color.red + 0.587 * color.green + 0.114 * color.blue) / 255
