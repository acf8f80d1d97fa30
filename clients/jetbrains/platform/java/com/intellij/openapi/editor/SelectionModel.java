package com.intellij.openapi.editor;

public interface SelectionModel {
  int getSelectionStart();
  int getSelectionEnd();
  boolean hasSelection();
}
