package com.intellij;

import org.jetbrains.annotations.NotNull;

public class DynamicBundle {
  private DynamicBundle() { }
  public static @NotNull java.util.Locale getLocale() { throw new Error(); }
}
