package com.intellij.codeInsight.intention;

import org.jetbrains.annotations.NotNull;

public interface IntentionAction {
  @NotNull String getText();
  @NotNull String getFamilyName();
  boolean isAvailable(@NotNull com.intellij.openapi.project.Project project, com.intellij.openapi.editor.Editor editor, com.intellij.psi.PsiFile file);
  void invoke(@NotNull com.intellij.openapi.project.Project project, com.intellij.openapi.editor.Editor editor, com.intellij.psi.PsiFile file);
  boolean startInWriteAction();
}
