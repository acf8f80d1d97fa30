package com.intellij.openapi.editor.event;

import org.jetbrains.annotations.NotNull;

public abstract class DocumentEvent extends java.util.EventObject {
  protected DocumentEvent(@NotNull com.intellij.openapi.editor.Document document) { super(document); throw new Error(); }
  public @NotNull com.intellij.openapi.editor.Document getDocument() { throw new Error(); }
  public abstract int getOffset();
  public abstract int getOldLength();
  public abstract @NotNull CharSequence getNewFragment();
}
