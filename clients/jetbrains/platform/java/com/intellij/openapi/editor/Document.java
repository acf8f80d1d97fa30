package com.intellij.openapi.editor;

import org.jetbrains.annotations.NotNull;

public interface Document extends com.intellij.openapi.util.UserDataHolder {
  default @NotNull String getText() { throw new Error(); }
  @NotNull CharSequence getImmutableCharSequence();
  default int getTextLength() { throw new Error(); }
  int getLineCount();
  int getLineNumber(int offset);
  int getLineStartOffset(int line);
  int getLineEndOffset(int line);
  void replaceString(int startOffset, int endOffset, @NotNull CharSequence text);
  boolean isWritable();
  long getModificationStamp();
  default void addDocumentListener(@NotNull com.intellij.openapi.editor.event.DocumentListener listener) { throw new Error(); }
  default void removeDocumentListener(@NotNull com.intellij.openapi.editor.event.DocumentListener listener) { throw new Error(); }
}
