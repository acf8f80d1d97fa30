package com.intellij.openapi.wm;

public interface StatusBar { }
