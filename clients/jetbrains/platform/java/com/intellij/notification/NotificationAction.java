package com.intellij.notification;

import org.jetbrains.annotations.NotNull;

public abstract class NotificationAction extends com.intellij.openapi.project.DumbAwareAction {
  public static @NotNull NotificationAction createSimpleExpiring(@NotNull String text, @NotNull Runnable action) { throw new Error(); }
}
