package com.intellij.codeInsight.inline.completion

import com.intellij.openapi.editor.Editor
import java.util.concurrent.CopyOnWriteArrayList

/** The platform's handler, as far as tests need it: it keeps its listeners. */
abstract class InlineCompletionHandler {
    val listeners = CopyOnWriteArrayList<InlineCompletionEventListener>()

    fun addEventListener(listener: InlineCompletionEventListener) {
        listeners += listener
    }

    fun invokeEvent(event: InlineCompletionEvent): Unit = throw Error()
}

object InlineCompletion {
    val handlers = java.util.concurrent.ConcurrentHashMap<Editor, InlineCompletionHandler>()

    fun getHandlerOrNull(editor: Editor): InlineCompletionHandler? = handlers[editor]
}

open class DefaultInlineCompletionInsertHandler : InlineCompletionInsertHandler {
    override fun afterInsertion(
        environment: InlineCompletionInsertEnvironment,
        elements: List<com.intellij.codeInsight.inline.completion.elements.InlineCompletionElement>,
    ) = Unit
}
