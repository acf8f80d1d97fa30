package com.intellij.openapi.editor.colors;

public final class TextAttributesKey { private TextAttributesKey() { } }
