package com.intellij.openapi.actionSystem;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class AnAction {
  public AnAction() { }
  public AnAction(@Nullable String text) { throw new Error(); }
  public @NotNull ActionUpdateThread getActionUpdateThread() { throw new Error(); }
  public void update(@NotNull AnActionEvent event) { throw new Error(); }
  public abstract void actionPerformed(@NotNull AnActionEvent event);
}
