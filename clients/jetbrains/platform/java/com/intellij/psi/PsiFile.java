package com.intellij.psi;

public interface PsiFile { com.intellij.openapi.vfs.VirtualFile getVirtualFile(); }
