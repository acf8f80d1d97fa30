/** What becomes of a code block: copied, inserted, compared with what stands in the editor, or a file of its own. */

import * as vscode from "vscode";
import { editorLookedAt } from "./looking";
import type { CodeAction } from "./messages";

export const PROPOSED = "codegeex-proposed"; // the scheme of documents that stand beside the person's in a diff
// What models call languages, where VS Code has another id.
const LANGUAGE_IDS: Record<string, string> = {
  "c#": "csharp", "c++": "cpp", bash: "shellscript", cs: "csharp", golang: "go", js: "javascript", jsx: "javascriptreact",
  md: "markdown", py: "python", python3: "python", rb: "ruby", rs: "rust", sh: "shellscript", shell: "shellscript",
  text: "plaintext", ts: "typescript", tsx: "typescriptreact", txt: "plaintext", yml: "yaml",
}; // prettier-ignore

export async function carryOut(action: CodeAction, text: string, language: string): Promise<void> {
  const code = text.replace(/\n$/, "");
  if (action === "copy") return void (await vscode.env.clipboard.writeText(code));
  if (action === "newFile") return newFile(text, language);
  const editor = editorLookedAt();
  if (!editor) return void vscode.window.showWarningMessage(vscode.l10n.t("Open the file first that the code is for."));
  if (action === "insert") return insert(editor, code);
  const { document, selection } = editor;
  const whole = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  const range = selection.isEmpty ? whole : selection;
  const tail = document.getText(range).endsWith("\n") ? "\n" : "";
  return reviewCode(document, range, code + tail);
}

async function newFile(content: string, called: string): Promise<void> {
  const id = LANGUAGE_IDS[called.toLowerCase()] ?? called.toLowerCase();
  const language = (await vscode.languages.getLanguages()).includes(id) ? id : "plaintext";
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }));
}

/** In place of the selection, with the indentation that stands before the cursor. */
async function insert(editor: vscode.TextEditor, code: string): Promise<void> {
  const { document, selection } = editor;
  const before = document.lineAt(selection.start.line).text.slice(0, selection.start.character);
  const text = before.trim() ? code : code.replaceAll(/\n(?=.)/g, `\n${before}`);
  const done = await editor.edit((edit) => edit.replace(selection, text));
  if (!done) return void vscode.window.showWarningMessage(vscode.l10n.t("{0} cannot be changed.", nameOf(document)));
  await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active });
}

interface Proposal {
  document: vscode.TextDocument;
  version: number;
  range: vscode.Range;
  newText: string;
  content: string;
}

const proposals = new Map<string, Proposal>();
let count = 0;

/** Shows what `document` would be with `newText` in `range`; accepting it is one undo step, discarding it changes nothing. */
export async function reviewCode(document: vscode.TextDocument, range: vscode.Range, newText: string): Promise<void> {
  const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const text = document.getText();
  const content = text.slice(0, start) + newText + text.slice(end);
  const proposed = vscode.Uri.from({ scheme: PROPOSED, path: document.uri.path, query: String(++count) });
  proposals.set(proposed.toString(), { document, version: document.version, range, newText, content });
  const title = vscode.l10n.t("{0}: proposed by CodeGeeX", nameOf(document));
  await vscode.commands.executeCommand("vscode.diff", document.uri, proposed, title);
}

/** What `reviewCode` needs while the extension runs: the proposed documents. */
export function provideProposals(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(PROPOSED, {
      provideTextDocumentContent: (uri) => proposals.get(uri.toString())?.content ?? "",
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => void proposals.delete(uri.toString())),
  );
}

/** Carries out what is shown in the diff of `uri`, or drops it, and closes the diff. */
export async function decide(uri: vscode.Uri | undefined, accepted: boolean): Promise<void> {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  const shown = uri ?? (tab?.input instanceof vscode.TabInputTextDiff ? tab.input.modified : undefined);
  const proposal = shown && proposals.get(shown.toString());
  if (!shown || !proposal) return;
  const { document, version, range, newText } = proposal;
  if (accepted) {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, range, newText);
    const changed = document.isClosed || document.version !== version;
    if (changed || !(await vscode.workspace.applyEdit(edit))) {
      return void vscode.window.showWarningMessage(
        vscode.l10n.t("{0} has changed meanwhile: apply it anew.", nameOf(document)),
      );
    }
  }
  const isThis = (each: vscode.Tab): boolean =>
    each.input instanceof vscode.TabInputTextDiff && each.input.modified.toString() === shown.toString();
  await vscode.window.tabGroups.close(vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(isThis));
  if (accepted) await vscode.window.showTextDocument(document);
}

function nameOf(document: vscode.TextDocument): string {
  return vscode.workspace.asRelativePath(document.uri);
}
