package com.intellij.openapi.options;

import org.jetbrains.annotations.Nullable;

public interface UnnamedConfigurable {
  @Nullable javax.swing.JComponent createComponent();
  boolean isModified();
  void apply() throws ConfigurationException;
  default void reset() { }
  default void disposeUIResources() { }
}
