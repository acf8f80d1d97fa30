package com.intellij.openapi.wm;

import org.jetbrains.annotations.NotNull;

public interface ToolWindowFactory {
  void createToolWindowContent(@NotNull com.intellij.openapi.project.Project project, @NotNull ToolWindow toolWindow);
}
