package com.intellij.diff;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class DiffContentFactory {
  public static @NotNull DiffContentFactory getInstance() { throw new Error(); }
  public abstract @NotNull com.intellij.diff.contents.DocumentContent create(@Nullable com.intellij.openapi.project.Project project, @NotNull String text, @Nullable com.intellij.openapi.fileTypes.FileType fileType);
}
