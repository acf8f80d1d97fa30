package com.intellij.openapi.editor.event;

import org.jetbrains.annotations.NotNull;

public class EditorFactoryEvent extends java.util.EventObject {
  public EditorFactoryEvent(@NotNull com.intellij.openapi.editor.EditorFactory factory, @NotNull com.intellij.openapi.editor.Editor editor) { super(factory); throw new Error(); }
  public @NotNull com.intellij.openapi.editor.Editor getEditor() { throw new Error(); }
}
