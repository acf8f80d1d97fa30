package com.intellij.openapi.editor;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public interface Editor extends com.intellij.openapi.util.UserDataHolder {
  @NotNull Document getDocument();
  boolean isViewer();
  @NotNull CaretModel getCaretModel();
  @NotNull SelectionModel getSelectionModel();
  @NotNull ScrollingModel getScrollingModel();
  @Nullable com.intellij.openapi.project.Project getProject();
  boolean isDisposed();
  @NotNull EditorKind getEditorKind();
}
