package com.intellij.diff;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class DiffManager {
  public static @NotNull DiffManager getInstance() { throw new Error(); }
  public abstract @NotNull DiffRequestPanel createRequestPanel(@Nullable com.intellij.openapi.project.Project project, @NotNull com.intellij.openapi.Disposable parent, @Nullable java.awt.Window window);
}
