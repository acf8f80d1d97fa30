package com.intellij.openapi.vfs;

public abstract class VirtualFileSystem { }
