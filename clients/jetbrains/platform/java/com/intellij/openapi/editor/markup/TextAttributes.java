package com.intellij.openapi.editor.markup;

public class TextAttributes {
  public java.awt.Color getForegroundColor() { throw new Error(); }
}
