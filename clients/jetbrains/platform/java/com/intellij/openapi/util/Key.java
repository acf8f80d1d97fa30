package com.intellij.openapi.util;

import org.jetbrains.annotations.NotNull;

public class Key<T> {
  public Key(@NotNull String name) { throw new Error(); }
  public static <T> Key<T> create(@NotNull String name) { throw new Error(); }
}
