package com.intellij.codeInsight.inline.completion.suggestion

import com.intellij.codeInsight.inline.completion.elements.InlineCompletionElement
import com.intellij.openapi.util.UserDataHolderBase
import kotlinx.coroutines.flow.Flow

interface InlineCompletionSuggestion {
    suspend fun getVariants(): List<InlineCompletionVariant>

    object Empty : InlineCompletionSuggestion {
        override suspend fun getVariants(): List<InlineCompletionVariant> = emptyList()
    }
}

interface InlineCompletionVariant {
    val data: UserDataHolderBase
    val elements: Flow<InlineCompletionElement>

    companion object {
        private class Built(override val data: UserDataHolderBase, override val elements: Flow<InlineCompletionElement>) :
            InlineCompletionVariant

        // The tests run this body: it is what the platform's own does.
        fun build(data: UserDataHolderBase = UserDataHolderBase(), elements: Flow<InlineCompletionElement>): InlineCompletionVariant =
            Built(data, elements)
    }
}

interface InlineCompletionSuggestionUpdateManager
