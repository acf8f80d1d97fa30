package com.intellij.openapi.ui;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class DialogWrapper {
  protected DialogWrapper(@Nullable com.intellij.openapi.project.Project project) { throw new Error(); }
  protected void init() { throw new Error(); }
  protected abstract @Nullable javax.swing.JComponent createCenterPanel();
  protected @Nullable String getDimensionServiceKey() { throw new Error(); }
  public @NotNull com.intellij.openapi.Disposable getDisposable() { throw new Error(); }
  public @Nullable javax.swing.JComponent getPreferredFocusedComponent() { throw new Error(); }
  public void setTitle(String title) { throw new Error(); }
  protected final void setOKButtonText(@NotNull String text) { throw new Error(); }
  public boolean showAndGet() { throw new Error(); }
}
