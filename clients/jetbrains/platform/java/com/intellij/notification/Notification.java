package com.intellij.notification;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public class Notification {
  public Notification(@NotNull String groupId, @NotNull String title, @NotNull String content, @NotNull NotificationType type) { throw new Error(); }
  public @NotNull Notification addAction(@NotNull com.intellij.openapi.actionSystem.AnAction action) { throw new Error(); }
  public void notify(@Nullable com.intellij.openapi.project.Project project) { throw new Error(); }
}
