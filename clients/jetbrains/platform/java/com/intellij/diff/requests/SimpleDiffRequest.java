package com.intellij.diff.requests;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public class SimpleDiffRequest extends ContentDiffRequest {
  public SimpleDiffRequest(@Nullable String title, @NotNull com.intellij.diff.contents.DiffContent content1, @NotNull com.intellij.diff.contents.DiffContent content2, @Nullable String title1, @Nullable String title2) { throw new Error(); }
}
