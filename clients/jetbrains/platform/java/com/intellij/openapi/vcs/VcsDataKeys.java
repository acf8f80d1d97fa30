package com.intellij.openapi.vcs;

public interface VcsDataKeys {
  com.intellij.openapi.actionSystem.DataKey<CommitMessageI> COMMIT_MESSAGE_CONTROL = null;
}
