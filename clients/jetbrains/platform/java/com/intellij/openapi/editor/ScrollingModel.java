package com.intellij.openapi.editor;

import org.jetbrains.annotations.NotNull;

public interface ScrollingModel { void scrollToCaret(@NotNull ScrollType scrollType); }
