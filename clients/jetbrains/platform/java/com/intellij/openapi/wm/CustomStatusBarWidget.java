package com.intellij.openapi.wm;

import org.jetbrains.annotations.NotNull;

public interface CustomStatusBarWidget extends StatusBarWidget { @NotNull javax.swing.JComponent getComponent(); }
