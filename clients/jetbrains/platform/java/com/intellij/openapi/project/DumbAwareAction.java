package com.intellij.openapi.project;

public abstract class DumbAwareAction extends com.intellij.openapi.actionSystem.AnAction implements DumbAware {
  protected DumbAwareAction() { }
}
