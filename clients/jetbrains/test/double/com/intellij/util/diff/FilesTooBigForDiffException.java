package com.intellij.util.diff;

/** Cut from the Kotlin compiler's copy of the platform; its document names it and never throws it here. */
public class FilesTooBigForDiffException extends Exception { }
