package com.intellij.openapi.util;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public class UserDataHolderBase implements UserDataHolder {
  public UserDataHolderBase() { }
  public <T> T getUserData(@NotNull Key<T> key) { throw new Error(); }
  public <T> void putUserData(@NotNull Key<T> key, @Nullable T value) { throw new Error(); }
}
