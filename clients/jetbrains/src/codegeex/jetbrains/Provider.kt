package codegeex.jetbrains

import codegeex.lsp.Item
import codegeex.lsp.Position
import codegeex.text.Offer
import codegeex.text.OfferReports
import codegeex.text.Offers
import codegeex.text.Severity
import codegeex.text.continuation
import com.intellij.codeInsight.inline.completion.DefaultInlineCompletionInsertHandler
import com.intellij.codeInsight.inline.completion.InlineCompletion
import com.intellij.codeInsight.inline.completion.InlineCompletionEvent
import com.intellij.codeInsight.inline.completion.InlineCompletionEventListener
import com.intellij.codeInsight.inline.completion.InlineCompletionEventType
import com.intellij.codeInsight.inline.completion.InlineCompletionInsertEnvironment
import com.intellij.codeInsight.inline.completion.InlineCompletionProvider
import com.intellij.codeInsight.inline.completion.InlineCompletionProviderID
import com.intellij.codeInsight.inline.completion.InlineCompletionRequest
import com.intellij.codeInsight.inline.completion.elements.InlineCompletionElement
import com.intellij.codeInsight.inline.completion.elements.InlineCompletionGrayTextElement
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSuggestion
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionVariant
import com.intellij.openapi.application.readAction
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.EditorKind
import com.intellij.openapi.util.Key
import com.intellij.openapi.util.UserDataHolderBase
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.flowOf

private val ITEM: Key<Item> = Key.create("codegeex.item")
private val SUGGESTIONS: Key<EditorSuggestions> = Key.create("codegeex.suggestions")

/** In a manual call: what to send along with the request. */
val REQUEST_EXTRA: Key<Map<String, Any?>> = Key.create("codegeex.request")
val PROVIDER_ID = InlineCompletionProviderID("codegeex.jetbrains.CodegeexInlineCompletionProvider")
private const val MAX_VARIANTS = 20 // the platform takes no more

/** Ghost text: asks the server at each key, and on the platform's explicit call. */
class CodegeexInlineCompletionProvider : InlineCompletionProvider {
    override val id = PROVIDER_ID

    /** Called on the UI thread at each key. */
    override fun isEnabled(event: InlineCompletionEvent): Boolean {
        val editor = when (event) {
            is InlineCompletionEvent.DocumentChange -> event.editor
            is InlineCompletionEvent.DirectCall -> event.editor
            is InlineCompletionEvent.ManualCall -> event.editor
            else -> return false
        }
        if (editor.editorKind != EditorKind.MAIN_EDITOR || editor.isViewer || editor.caretModel.caretCount != 1) return false
        val project = editor.project ?: return false
        return !project.isDisposed && CodegeexService.getInstance(project).settings.isOn
    }

    override suspend fun getSuggestion(request: InlineCompletionRequest): InlineCompletionSuggestion {
        val service = CodegeexService.getInstance(request.editor.project ?: return InlineCompletionSuggestion.Empty)
        return try {
            suggest(service, request)
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (fault: Exception) { // the user has been told of a trouble, and of the server's own faults by its status
            service.onLog(fault.toString())
            InlineCompletionSuggestion.Empty
        }
    }

    private suspend fun suggest(service: CodegeexService, request: InlineCompletionRequest): InlineCompletionSuggestion {
        val (document, offset, event) = Triple(request.document, request.endOffset, request.event)
        val file = request.file.virtualFile
        if (file == null || whyNotServed(request.editor, file).isNotEmpty()) return InlineCompletionSuggestion.Empty
        val server = service.server()
        val suggestions = EditorSuggestions.of(request.editor, service)
        val place = readAction {
            if (request.editor.isDisposed || offset > document.textLength) return@readAction null
            val tracked = service.documents.track(document, file)
            tracked.openIn(server)
            tracked.offers.addIfAbsent(suggestions.offers)
            Place(tracked.uri, positionAt(document, offset), lineBefore(document, offset), document.modificationStamp)
        } ?: return InlineCompletionSuggestion.Empty
        val extra = (event as? InlineCompletionEvent.ManualCall)?.additionalData?.getUserData(REQUEST_EXTRA).orEmpty()
        val isExplicit = event !is InlineCompletionEvent.DocumentChange
        val items = server.complete(place.uri, place.position, isExplicit, extra)
        val isCurrent = readAction { !request.editor.isDisposed && document.modificationStamp == place.stamp }
        if (!isCurrent) return InlineCompletionSuggestion.Empty // an answer to another text
        val offers = items.take(MAX_VARIANTS).mapNotNull { item ->
            continuation(item, place.position.line, place.position.character, place.lineBefore)?.let { Offer(item, offset, it) }
        }
        suggestions.offers.offer(offers)
        if (offers.isEmpty() && extra.isNotEmpty()) service.host.onUiThread { service.host.notify(service.project, Severity.NONE, service.host.words("generate.none")) }
        return Suggestion(offers.map(::variant))
    }

    private class Place(val uri: String, val position: Position, val lineBefore: String, val stamp: Long)

    private fun variant(offer: Offer): InlineCompletionVariant {
        val data = UserDataHolderBase().apply { putUserData(ITEM, offer.item) }
        return InlineCompletionVariant.build(data, flowOf(InlineCompletionGrayTextElement(offer.text)))
    }

    override val insertHandler = object : DefaultInlineCompletionInsertHandler() {
        override fun afterInsertion(environment: InlineCompletionInsertEnvironment, elements: List<InlineCompletionElement>) {
            super.afterInsertion(environment, elements)
            environment.editor.getUserData(SUGGESTIONS)?.offers?.endInsertion(environment.getUserData(ITEM))
        }
    }
}

class Suggestion(private val variants: List<InlineCompletionVariant>) : InlineCompletionSuggestion {
    override suspend fun getVariants() = variants
}

/** The suggestions of one editor: what the platform says of them, and the reports of that to the server. */
class EditorSuggestions private constructor(private val service: CodegeexService) : InlineCompletionEventListener, OfferReports {
    val offers = Offers(this)

    override fun on(event: InlineCompletionEventType) = when (event) {
        is InlineCompletionEventType.Show -> offers.show(event.variantIndex)
        is InlineCompletionEventType.VariantSwitched -> offers.show(event.toVariantIndex)
        is InlineCompletionEventType.Insert -> offers.beginInsertion()
        is InlineCompletionEventType.AfterInsert -> offers.endInsertion()
        is InlineCompletionEventType.Hide -> offers.hide()
        else -> Unit
    }

    override fun onShow(item: Item) {
        service.supervisor.runningServer()?.didShow(item)
    }

    override fun onPartialAccept(item: Item, length: Int) {
        service.supervisor.runningServer()?.didPartiallyAccept(item, length)
    }

    override fun onAccept(item: Item) {
        service.inBackground { service.supervisor.runningServer()?.didAccept(item) }
    }

    override fun onDismiss(item: Item) {
        service.supervisor.runningServer()?.didDismiss(item)
    }

    companion object {
        fun known(editor: Editor): EditorSuggestions? = editor.getUserData(SUGGESTIONS)

        /** Return the suggestions of an editor; from the first call on they follow the platform's events. */
        @Synchronized
        fun of(editor: Editor, service: CodegeexService): EditorSuggestions = known(editor)
            ?: EditorSuggestions(service).also {
                editor.putUserData(SUGGESTIONS, it)
                InlineCompletion.getHandlerOrNull(editor)?.addEventListener(it)
                service.watchEditors()
            }
    }
}
