package com.intellij.openapi.options;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class ShowSettingsUtil {
  public static ShowSettingsUtil getInstance() { throw new Error(); }
  public abstract <T extends Configurable> void showSettingsDialog(@Nullable com.intellij.openapi.project.Project project, @NotNull Class<T> toSelect);
}
