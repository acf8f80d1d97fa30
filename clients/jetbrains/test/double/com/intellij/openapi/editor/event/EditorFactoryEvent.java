package com.intellij.openapi.editor.event;

import com.intellij.openapi.editor.Editor;
import com.intellij.openapi.editor.EditorFactory;

/** Says which editor an event is about. */
public class EditorFactoryEvent extends java.util.EventObject {
  private final Editor editor;

  public EditorFactoryEvent(EditorFactory factory, Editor editor) {
    super(factory);
    this.editor = editor;
  }

  public Editor getEditor() { return editor; }
}
