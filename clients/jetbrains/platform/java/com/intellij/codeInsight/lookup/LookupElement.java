package com.intellij.codeInsight.lookup;

import org.jetbrains.annotations.NotNull;

public abstract class LookupElement extends com.intellij.openapi.util.UserDataHolderBase {
  public abstract @NotNull String getLookupString();
}
