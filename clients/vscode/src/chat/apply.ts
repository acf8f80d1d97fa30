/** The buttons of a code block: copy it, insert it, propose it as a change of the editor's code, or open it as a new file. */

import * as vscode from "vscode";
import type { Propose } from "../task";
import { activeEditor } from "./attachment";
import type { CodeAction } from "./messages";

// Names that models give to languages -> VS Code's ids.
const LANGUAGE_IDS: Record<string, string> = {
  "c#": "csharp", "c++": "cpp", bash: "shellscript", cs: "csharp", golang: "go", js: "javascript", jsx: "javascriptreact",
  md: "markdown", py: "python", python3: "python", rb: "ruby", rs: "rust", sh: "shellscript", shell: "shellscript",
  text: "plaintext", ts: "typescript", tsx: "typescriptreact", txt: "plaintext", yml: "yaml",
}; // prettier-ignore

/** Do what the button says. `propose` shows a change for the user to accept. */
export async function carryOut(action: CodeAction, text: string, language: string, propose: Propose): Promise<void> {
  const code = text.replace(/\n$/, "");
  if (action === "copy") return void (await vscode.env.clipboard.writeText(code));
  if (action === "newFile") return newFile(text, language);
  const editor = activeEditor();
  if (!editor) return void vscode.window.showWarningMessage(vscode.l10n.t("Open the file the code belongs in, then try again."));
  if (action === "insert") return insert(editor, code);
  const { document, selection } = editor;
  const whole = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  const range = selection.isEmpty ? whole : selection;
  const tail = document.getText(range).endsWith("\n") ? "\n" : "";
  return propose(document, range, code + tail);
}

async function newFile(content: string, called: string): Promise<void> {
  const id = LANGUAGE_IDS[called.toLowerCase()] ?? called.toLowerCase();
  const language = (await vscode.languages.getLanguages()).includes(id) ? id : "plaintext";
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }));
}

/** Replace the selection by `code`, indented like the text before the cursor. */
async function insert(editor: vscode.TextEditor, code: string): Promise<void> {
  const { document, selection } = editor;
  const before = document.lineAt(selection.start.line).text.slice(0, selection.start.character);
  const text = before.trim() ? code : code.replaceAll(/\n(?=.)/g, `\n${before}`);
  const done = await editor.edit((edit) => edit.replace(selection, text));
  if (!done) return void vscode.window.showWarningMessage(vscode.l10n.t("{0} can't be edited.", nameOf(document)));
  await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active });
}

function nameOf(document: vscode.TextDocument): string {
  return vscode.workspace.asRelativePath(document.uri);
}
