package com.intellij.openapi.editor;

import org.jetbrains.annotations.NotNull;

public abstract class EditorFactory {
  public static EditorFactory getInstance() { throw new Error(); }
  public abstract Editor[] getAllEditors();
  public abstract void addEditorFactoryListener(@NotNull com.intellij.openapi.editor.event.EditorFactoryListener listener, @NotNull com.intellij.openapi.Disposable parentDisposable);
}
