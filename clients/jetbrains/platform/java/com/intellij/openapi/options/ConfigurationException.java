package com.intellij.openapi.options;

import org.jetbrains.annotations.NotNull;

public class ConfigurationException extends Exception {
  public ConfigurationException(@NotNull String message) { throw new Error(); }
}
