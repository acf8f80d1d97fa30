package com.intellij.openapi.fileChooser;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public final class FileChooser {
  private FileChooser() { }
  public static com.intellij.openapi.vfs.VirtualFile chooseFile(@NotNull FileChooserDescriptor descriptor, @Nullable com.intellij.openapi.project.Project project, com.intellij.openapi.vfs.VirtualFile toSelect) { throw new Error(); }
}
