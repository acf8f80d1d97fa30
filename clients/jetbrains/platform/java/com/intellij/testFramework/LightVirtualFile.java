package com.intellij.testFramework;

import org.jetbrains.annotations.NotNull;

public class LightVirtualFile extends com.intellij.openapi.vfs.VirtualFile {
  public LightVirtualFile(@NotNull String name, @NotNull CharSequence text) { throw new Error(); }
  public @NotNull String getName() { throw new Error(); }
  public @NotNull String getPath() { throw new Error(); }
  public boolean isValid() { throw new Error(); }
}
