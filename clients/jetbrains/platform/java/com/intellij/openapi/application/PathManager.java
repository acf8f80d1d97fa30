package com.intellij.openapi.application;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public final class PathManager {
  public static @NotNull String getSystemPath() { throw new Error(); }
  public static @Nullable String getJarPathForClass(@NotNull Class<?> aClass) { throw new Error(); }
}
