package com.intellij.openapi.util;

import org.jetbrains.annotations.NotNull;

public final class Disposer {
  private Disposer() { }
  public static void register(@NotNull com.intellij.openapi.Disposable parent, @NotNull com.intellij.openapi.Disposable child) { throw new Error(); }
}
