package com.intellij.openapi.fileEditor;

import org.jetbrains.annotations.NotNull;

public class OpenFileDescriptor {
  public OpenFileDescriptor(@NotNull com.intellij.openapi.project.Project project, @NotNull com.intellij.openapi.vfs.VirtualFile file, int line, int column) { throw new Error(); }
  public void navigate(boolean requestFocus) { throw new Error(); }
}
