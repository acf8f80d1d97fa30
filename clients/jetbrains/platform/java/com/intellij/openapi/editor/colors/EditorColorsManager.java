package com.intellij.openapi.editor.colors;

import org.jetbrains.annotations.NotNull;

public abstract class EditorColorsManager {
  public static EditorColorsManager getInstance() { throw new Error(); }
  public abstract @NotNull EditorColorsScheme getGlobalScheme();
}
