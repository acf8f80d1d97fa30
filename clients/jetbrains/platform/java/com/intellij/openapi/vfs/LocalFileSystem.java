package com.intellij.openapi.vfs;

import org.jetbrains.annotations.NotNull;
import org.jetbrains.annotations.Nullable;

public abstract class LocalFileSystem extends VirtualFileSystem {
  public static LocalFileSystem getInstance() { throw new Error(); }
  public abstract @Nullable VirtualFile refreshAndFindFileByPath(@NotNull String path);
}
