package com.intellij.openapi.command;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class WriteCommandAction<T> {
  public static void runWriteCommandAction(@Nullable com.intellij.openapi.project.Project project, @Nullable String commandName, @Nullable String groupID, @NotNull Runnable runnable, com.intellij.psi.PsiFile... files) { throw new Error(); }
}
