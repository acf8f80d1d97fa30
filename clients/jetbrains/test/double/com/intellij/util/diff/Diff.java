package com.intellij.util.diff;

/** Cut from the Kotlin compiler's copy of the platform; its document names it and never calls it here. */
public class Diff {
  public static class Change {
    public Change(int line0, int line1, int deleted, int inserted, Change old) { }
  }
}
