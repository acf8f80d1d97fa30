package com.intellij.openapi.editor;

import com.intellij.openapi.Disposable;
import com.intellij.openapi.editor.event.EditorFactoryEvent;
import com.intellij.openapi.editor.event.EditorFactoryListener;
import java.util.ArrayList;
import java.util.List;

/** The platform's list of editors, as far as tests need it. */
public abstract class EditorFactory {
  public static final List<Editor> EDITORS = new ArrayList<>();
  public static final List<EditorFactoryListener> LISTENERS = new ArrayList<>();
  private static final EditorFactory INSTANCE = new EditorFactory() { };

  public static EditorFactory getInstance() { return INSTANCE; }

  public Editor[] getAllEditors() { return EDITORS.toArray(Editor[]::new); }

  public void addEditorFactoryListener(EditorFactoryListener listener, Disposable parent) { LISTENERS.add(listener); }
}
