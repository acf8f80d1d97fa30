package com.intellij.openapi.wm;

import org.jetbrains.annotations.NotNull;

public interface StatusBarWidget extends com.intellij.openapi.Disposable {
  @NotNull String ID();
  default void install(@NotNull StatusBar statusBar) { }
  default void dispose() { }
}
