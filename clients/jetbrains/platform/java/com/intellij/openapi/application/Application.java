package com.intellij.openapi.application;

import org.jetbrains.annotations.NotNull;

public interface Application extends com.intellij.openapi.components.ComponentManager {
  void invokeLater(@NotNull Runnable runnable);
}
