package com.intellij.codeInsight.inline.completion.elements

interface InlineCompletionElement {
    val text: String
    fun toPresentable(): Presentable

    interface Presentable
}

class InlineCompletionGrayTextElement(override val text: String) : InlineCompletionElement {
    override fun toPresentable(): InlineCompletionElement.Presentable = throw Error()
}
