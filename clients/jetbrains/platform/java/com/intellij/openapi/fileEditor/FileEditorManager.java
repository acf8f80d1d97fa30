package com.intellij.openapi.fileEditor;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class FileEditorManager {
  public static FileEditorManager getInstance(@NotNull com.intellij.openapi.project.Project project) { throw new Error(); }
  public abstract @Nullable com.intellij.openapi.editor.Editor getSelectedTextEditor();
  public abstract com.intellij.openapi.vfs.VirtualFile[] getOpenFiles();
  public abstract FileEditor[] openFile(@NotNull com.intellij.openapi.vfs.VirtualFile file, boolean focusEditor);
}
