package com.intellij.openapi.components;

import org.jetbrains.annotations.NotNull;

public interface ComponentManager extends com.intellij.openapi.util.UserDataHolder, com.intellij.openapi.Disposable, com.intellij.openapi.extensions.AreaInstance {
  <T> T getService(@NotNull Class<T> serviceClass);
  boolean isDisposed();
}
