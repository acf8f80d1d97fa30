package com.intellij.openapi.command;

import com.intellij.openapi.project.Project;
import com.intellij.psi.PsiFile;
import java.util.ArrayList;
import java.util.List;

/** Runs a command at once, and counts it. */
public abstract class WriteCommandAction<T> {
  public static final List<String> COMMANDS = new ArrayList<>();

  public static void runWriteCommandAction(Project project, String name, String group, Runnable runnable, PsiFile... files) {
    COMMANDS.add(name);
    runnable.run();
  }
}
