package codegeex.test

import codegeex.lsp.Answer
import codegeex.lsp.Source
import codegeex.text.Conversation
import codegeex.text.Turn
import codegeex.text.Choices
import codegeex.text.Words
import codegeex.text.loadSettings
import codegeex.ui.AnswerEvents
import codegeex.ui.AskHost
import codegeex.ui.AskPanel
import codegeex.ui.CodeAction
import codegeex.ui.CodeView
import codegeex.ui.Mention
import codegeex.ui.Palette
import codegeex.ui.Question
import codegeex.ui.SettingFault
import codegeex.ui.SettingsForm
import java.awt.Color
import java.awt.Component
import java.awt.Container
import java.awt.Dimension
import java.awt.Font
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.File
import java.util.Locale
import javax.imageio.ImageIO
import javax.swing.AbstractButton
import javax.swing.JComponent
import javax.swing.JTextField
import javax.swing.SwingUtilities
import javax.swing.UIManager
import javax.swing.plaf.ColorUIResource
import javax.swing.plaf.FontUIResource
import javax.swing.plaf.metal.MetalLookAndFeel

private const val WIDTH = 420
private val ANSWER = """
    `Cart.total` rounds **each line**, and then the sum, so that what is shown adds up:

    1. every line is rounded to cents by `round_half_even`
    2. the sum is rounded once more, which changes nothing if no line has a discount

    ```python
    def total(self) -> Decimal:
        # each line as the customer sees it
        lines = [round_half_even(line.price * line.count) for line in self.lines]
        return round_half_even(sum(lines, Decimal("0.00")) * (1 - self.discount))
    ```

    > A discount applies to the sum.

    | call | result |
    |---|---|
    | `total()` | 12.30 |

    See [the rules](https://example.org/rounding).
""".trimIndent()

/** An IDE that keeps nothing and answers when told to. */
class PanelHost : AskHost {
    lateinit var events: AnswerEvents
    val asked = mutableListOf<Question>()
    val actions = mutableListOf<Pair<CodeAction, String>>()
    val kept = mutableListOf<Conversation>()
    var stops = 0

    override fun ask(question: Question, events: AnswerEvents): () -> Unit {
        asked += question
        this.events = events
        return { stops++ }
    }

    override fun act(action: CodeAction, code: String, language: String) {
        actions += action to code
    }

    override fun openSource(source: Source) = Unit
    override fun browse(address: String) = Unit
    override fun mentions() = listOf(Mention("@workspace", "the whole project"))
    override fun palette() = Palette.current()
    override fun beginConversation() = Conversation("c", "/p", 0, emptyList())
    override fun listConversations(show: (List<Conversation>) -> Unit) = show(kept)
    override fun forget(conversation: Conversation) = Unit

    override fun keep(conversation: Conversation) {
        kept += conversation
    }
}

private fun useTheme(dark: Boolean) {
    UIManager.setLookAndFeel(MetalLookAndFeel())
    val (back, front, field) = if (dark) Triple(0x2B2D30, 0xDFE1E5, 0x1E1F22) else Triple(0xF7F8FA, 0x1F2329, 0xFFFFFF)
    for (key in listOf("Panel.background", "ScrollPane.background", "Viewport.background", "CheckBox.background")) UIManager.put(key, ColorUIResource(back))
    for (key in listOf("TextArea.background", "TextField.background", "ComboBox.background", "Button.background")) UIManager.put(key, ColorUIResource(field))
    val fronts = listOf("Label", "TextArea", "TextField", "TextPane", "CheckBox", "Button", "ComboBox")
    for (key in fronts) UIManager.put("$key.foreground", ColorUIResource(front))
    for (key in fronts) UIManager.put("$key.font", FontUIResource(Font.SANS_SERIF, Font.PLAIN, 13))
    UIManager.put("Button.gradient", null) // Metal's own hides the colours
    UIManager.put("TextArea.caretForeground", ColorUIResource(front))
}

private fun paint(view: JComponent, name: String, width: Int = WIDTH, height: Int = 760): BufferedImage {
    view.size = Dimension(width, height)
    view.addNotify()
    repeat(3) { layOut(view) } // a text wraps once its width is known
    val image = BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
    val graphics = image.createGraphics()
    graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON)
    view.paint(graphics)
    view.removeNotify() // a component that is shown without a window has no place on the screen
    File(given("pictures")).mkdirs()
    ImageIO.write(image, "png", File(given("pictures"), "$name.png"))
    return image
}

private fun layOut(container: Container) {
    container.doLayout()
    container.components.filterIsInstance<Container>().forEach(::layOut)
}

private fun all(component: Component): List<Component> = listOf(component) + if (component is Container) component.components.flatMap(::all) else emptyList()

private fun buttons(view: Container, title: String) = all(view).filterIsInstance<AbstractButton>().filter { it.text == title && it.isVisible }

private fun button(view: Container, title: String) = buttons(view, title).first()

/** Run on the UI thread, with everything that is queued there done in the end. */
private fun onUi(body: () -> Unit) {
    var fault: Throwable? = null
    SwingUtilities.invokeAndWait { fault = runCatching(body).exceptionOrNull() }
    SwingUtilities.invokeAndWait { }
    fault?.let { throw it }
}

private fun answered(panel: AskPanel, host: PanelHost) {
    panel.showLookedAt("cart.py:40-58")
    panel.send("Why does #symbol:Cart.total round twice?")
    host.events.onText("never shown")
    host.events.onAnswer(
        Answer.of(
            mapOf(
                "text" to ANSWER, "notices" to listOf("Left out for length: shop/tax.py."),
                "sources" to listOf(Source("shop/cart.py", "file:///shop/cart.py", 39, "mentioned", "Cart.total").toJson()),
            ),
        ),
    )
}

fun main() {
    onUi { useTheme(dark = false) }
    suite {
        for ((theme, language) in listOf("light" to "en", "dark" to "en", "light" to "zh", "dark" to "zh")) {
            test("the panel is painted in the $theme theme, $language") {
                onUi {
                    useTheme(theme == "dark")
                    val host = PanelHost()
                    val panel = AskPanel(Words(Locale.forLanguageTag(language)), host)
                    paint(panel, "ask-empty-$theme-$language", height = 300)
                    answered(panel, host)
                    button(panel, Words(Locale.forLanguageTag(language))("ask.sources", 1).let { "▸ $it" }).doClick()
                    val image = paint(panel, "ask-$theme-$language")
                    val corner = Color(image.getRGB(2, 300))
                    assertEquals(theme == "dark", corner.red < 128, "background $corner")
                }
            }
        }
        test("an answer grows as it comes, in the same views, and can be stopped") {
            onUi { useTheme(dark = true) }
            val host = PanelHost()
            lateinit var panel: AskPanel
            onUi {
                panel = AskPanel(Words(Locale.ENGLISH), host)
                panel.send("Why?")
                paint(panel, "ask-answering-dark", height = 300)
                button(panel, "Stop").doClick()
                assertEquals(1, host.stops)
                host.events.onText("Because:\n```python\nx = 1")
                host.events.onStage("repairing")
                host.events.onText("So:\n```python\ny = 2\n```")
                host.events.onAnswer(Answer.of(mapOf("text" to "So:\n```python\ny = 2\n```", "stopped" to true)))
                assertEquals(listOf("y = 2"), all(panel).filterIsInstance<CodeView>().map { it.code })
                button(panel, "Insert").doClick()
                assertEquals(listOf(CodeAction.INSERT to "y = 2"), host.actions)
                assertTrue(host.kept.single().turns.single().stopped, "${host.kept}")
                button(panel, "Ask again").doClick()
                assertEquals(listOf("Why?", "Why?"), host.asked.map { it.text })
                host.events.onFault("the server has ended")
                panel.ask("Explain this code.", task = "explain")
                host.events.onFault("the server has ended")
                buttons(panel, "Ask again").last().doClick()
                assertEquals(listOf("", "explain", "explain"), host.asked.drop(1).map { it.task })
            }
        }
        test("a fault is shown with what was said until then, and a late answer of another conversation is not") {
            onUi {
                val host = PanelHost()
                val panel = AskPanel(Words(Locale.ENGLISH), host)
                panel.send("One?")
                val late = host.events
                panel.show(host.beginConversation())
                late.onText("late")
                late.onAnswer(Answer.of(mapOf("text" to "late")))
                panel.send("Two?")
                host.events.onText("Half an")
                host.events.onFault("The request failed: no")
                val turn = host.kept.single().turns.single()
                assertEquals(Turn("Two?", text = "Half an", fault = "The request failed: no"), turn)
                paint(panel, "ask-fault", height = 300)
            }
        }
        test("10 000 lines that are streamed are drawn while the UI thread stays free") {
            val host = PanelHost()
            lateinit var panel: AskPanel
            onUi {
                panel = AskPanel(Words(Locale.ENGLISH), host)
                panel.send("Much?")
            }
            repeat(1_000) { part -> onUi { host.events.onText("line $part\n".repeat(10)) } }
            onUi { host.events.onAnswer(Answer.of(mapOf("text" to "done"))) }
        }
        test("the settings form shows every setting, in both themes, and refuses what is wrong") {
            for (theme in listOf("light", "dark")) onUi {
                useTheme(theme == "dark")
                val words = Words(Locale.ENGLISH)
                val form = SettingsForm(loadSettings(words), words)
                val choices = Choices(HashMap())
                form.show(choices)
                assertTrue(!form.differsFrom(choices), "nothing was changed")
                paint(form, "settings-$theme", width = 640, height = 1500)
                val field = all(form).filterIsInstance<JTextField>().first { it.accessibleContext.accessibleName == "codegeex.completion.maxTokens" }
                field.text = "0"
                assertEquals("codegeex.completion.maxTokens must be from 1.0 to 1024.0.", assertThrows<SettingFault> { form.values() }.message)
            }
        }
    }
}
