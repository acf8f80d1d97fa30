package com.intellij.openapi.editor.event;

import org.jetbrains.annotations.NotNull;

public interface EditorFactoryListener extends java.util.EventListener {
  default void editorCreated(@NotNull EditorFactoryEvent event) { }
  default void editorReleased(@NotNull EditorFactoryEvent event) { }
}
