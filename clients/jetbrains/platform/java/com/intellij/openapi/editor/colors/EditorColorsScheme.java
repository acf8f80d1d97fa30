package com.intellij.openapi.editor.colors;

import org.jetbrains.annotations.NotNull;

public interface EditorColorsScheme extends TextAttributesScheme {
  @NotNull java.awt.Color getDefaultBackground();
  @NotNull java.awt.Color getDefaultForeground();
  @NotNull String getEditorFontName();
  int getEditorFontSize();
}
