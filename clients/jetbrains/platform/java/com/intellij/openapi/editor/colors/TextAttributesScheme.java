package com.intellij.openapi.editor.colors;

public interface TextAttributesScheme {
  com.intellij.openapi.editor.markup.TextAttributes getAttributes(TextAttributesKey key);
}
