package com.intellij.openapi.fileEditor;

import org.jetbrains.annotations.NotNull;

public abstract class FileDocumentManager {
  public static @NotNull FileDocumentManager getInstance() { throw new Error(); }
  public abstract com.intellij.openapi.vfs.VirtualFile getFile(@NotNull com.intellij.openapi.editor.Document document);
}
