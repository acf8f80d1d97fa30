package com.intellij.ide;

import org.jetbrains.annotations.NotNull;

public final class BrowserUtil {
  private BrowserUtil() { }
  public static void browse(@NotNull String url) { throw new Error(); }
}
