package com.intellij.openapi.vfs;

import org.jetbrains.annotations.NotNull;

public abstract class VirtualFile extends com.intellij.openapi.util.UserDataHolderBase {
  public abstract @NotNull String getName();
  public abstract @NotNull String getPath();
  public abstract boolean isValid();
  public boolean isInLocalFileSystem() { throw new Error(); }
  public @NotNull com.intellij.openapi.fileTypes.FileType getFileType() { throw new Error(); }
}
