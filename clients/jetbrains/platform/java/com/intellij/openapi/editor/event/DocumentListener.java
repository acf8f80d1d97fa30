package com.intellij.openapi.editor.event;

import org.jetbrains.annotations.NotNull;

public interface DocumentListener extends java.util.EventListener {
  default void beforeDocumentChange(@NotNull DocumentEvent event) { }
  default void documentChanged(@NotNull DocumentEvent event) { }
}
