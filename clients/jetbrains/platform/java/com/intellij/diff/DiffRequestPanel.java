package com.intellij.diff;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public interface DiffRequestPanel extends com.intellij.openapi.Disposable {
  void setRequest(@Nullable com.intellij.diff.requests.DiffRequest request);
  @NotNull javax.swing.JComponent getComponent();
  @Nullable javax.swing.JComponent getPreferredFocusedComponent();
}
