package com.intellij.codeInsight.inline.completion

import com.intellij.codeInsight.inline.completion.elements.InlineCompletionElement
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSuggestion
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSuggestionUpdateManager
import com.intellij.codeInsight.lookup.LookupElement
import com.intellij.openapi.Disposable
import com.intellij.openapi.actionSystem.DataContext
import com.intellij.openapi.editor.Caret
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.project.Project
import com.intellij.openapi.util.TextRange
import com.intellij.openapi.util.UserDataHolder
import com.intellij.openapi.util.UserDataHolderBase
import com.intellij.psi.PsiFile
import javax.swing.JComponent

@JvmInline
value class InlineCompletionProviderID(val id: String)

class InlineCompletionRequest(
    val event: InlineCompletionEvent,
    val file: PsiFile,
    val editor: Editor,
    val document: Document,
    val startOffset: Int,
    val endOffset: Int,
    val lookupElement: LookupElement? = null,
) : UserDataHolderBase()

interface InlineCompletionEvent {
    fun toRequest(): InlineCompletionRequest?

    class DirectCall(val editor: Editor, val caret: Caret, val context: DataContext? = null) : InlineCompletionEvent {
        override fun toRequest(): InlineCompletionRequest? = throw Error()
    }

    class ManualCall(val editor: Editor, val providerId: InlineCompletionProviderID, val additionalData: UserDataHolder) :
        InlineCompletionEvent {
        override fun toRequest(): InlineCompletionRequest? = throw Error()
    }

    class DocumentChange(val typing: TypingEvent, val editor: Editor) : InlineCompletionEvent {
        override fun toRequest(): InlineCompletionRequest? = throw Error()
    }
}

sealed interface TypingEvent {
    val typed: String
    val range: TextRange
}

interface InlineCompletionProviderPresentation {
    fun getTooltip(project: Project?): JComponent
}

class InlineCompletionInsertEnvironment(val editor: Editor, val file: PsiFile, val insertedRange: TextRange) : UserDataHolderBase()

interface InlineCompletionInsertHandler {
    fun afterInsertion(environment: InlineCompletionInsertEnvironment, elements: List<InlineCompletionElement>)
}

open class DefaultInlineCompletionInsertHandler : InlineCompletionInsertHandler {
    override fun afterInsertion(environment: InlineCompletionInsertEnvironment, elements: List<InlineCompletionElement>): Unit = throw Error()
}

interface InlineCompletionProvider {
    val id: InlineCompletionProviderID
    val providerPresentation: InlineCompletionProviderPresentation get() = throw Error()
    suspend fun getSuggestion(request: InlineCompletionRequest): InlineCompletionSuggestion
    fun isEnabled(event: InlineCompletionEvent): Boolean
    fun restartOn(event: InlineCompletionEvent): Boolean = throw Error()
    val insertHandler: InlineCompletionInsertHandler get() = throw Error()
    val suggestionUpdateManager: InlineCompletionSuggestionUpdateManager get() = throw Error()
}

sealed class InlineCompletionEventType {
    data object Insert : InlineCompletionEventType()

    data object AfterInsert : InlineCompletionEventType()

    data object Empty : InlineCompletionEventType()

    open class Hide : InlineCompletionEventType()

    sealed class PerVariantEventType : InlineCompletionEventType() {
        abstract val variantIndex: Int
    }

    class Show(override val variantIndex: Int, val element: InlineCompletionElement, val i: Int) : PerVariantEventType()

    class VariantSwitched(val fromVariantIndex: Int, val toVariantIndex: Int, val explicit: Boolean) : InlineCompletionEventType()
}

interface InlineCompletionEventListener : java.util.EventListener {
    fun on(event: InlineCompletionEventType)
}

abstract class InlineCompletionHandler {
    fun addEventListener(listener: InlineCompletionEventListener): Unit = throw Error()

    fun invokeEvent(event: InlineCompletionEvent): Unit = throw Error()
}

object InlineCompletion {
    fun getHandlerOrNull(editor: Editor): InlineCompletionHandler? = throw Error()
}
