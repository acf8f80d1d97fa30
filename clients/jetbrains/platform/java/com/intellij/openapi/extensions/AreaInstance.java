package com.intellij.openapi.extensions;

public interface AreaInstance { }
