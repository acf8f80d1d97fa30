package com.intellij.openapi.wm;

import org.jetbrains.annotations.NotNull;

public interface StatusBarWidgetFactory {
  @NotNull String getId();
  @NotNull String getDisplayName();
  boolean isAvailable(@NotNull com.intellij.openapi.project.Project project);
  @NotNull StatusBarWidget createWidget(@NotNull com.intellij.openapi.project.Project project);
  void disposeWidget(@NotNull StatusBarWidget widget);
  boolean canBeEnabledOn(@NotNull StatusBar statusBar);
}
