package com.intellij.openapi.actionSystem;

public class Presentation {
  public void setEnabledAndVisible(boolean enabled) { throw new Error(); }
}
