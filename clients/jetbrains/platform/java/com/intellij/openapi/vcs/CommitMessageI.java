package com.intellij.openapi.vcs;

import org.jetbrains.annotations.Nullable;

public interface CommitMessageI { void setCommitMessage(@Nullable String currentDescription); }
