package com.intellij.openapi.util;

public class TextRange {
  public TextRange(int startOffset, int endOffset) { throw new Error(); }
  public final int getStartOffset() { throw new Error(); }
  public final int getEndOffset() { throw new Error(); }
}
