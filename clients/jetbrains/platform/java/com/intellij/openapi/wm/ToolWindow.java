package com.intellij.openapi.wm;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public interface ToolWindow {
  @NotNull com.intellij.ui.content.ContentManager getContentManager();
  void activate(@Nullable Runnable runnable);
}
