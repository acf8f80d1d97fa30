/** The code that goes with a question: what is open in the editor, and what the question mentions. */

import * as path from "node:path";
import * as vscode from "vscode";
import { SCHEMES } from "../protocol";
import type { Attachment, Mention } from "./messages";

const MAX_FOUND = 30;
const MENTIONS = ["#selection", "#file:", "#symbol:", "@workspace"];

/** Code in an editor: a selection, or the whole document if `range` is undefined. */
export interface EditorCode {
  uri: vscode.Uri;
  range: vscode.Range | undefined;
}

export function activeEditor(): vscode.TextEditor | undefined {
  const known = (editor: vscode.TextEditor): boolean => SCHEMES.includes(editor.document.uri.scheme);
  const active = vscode.window.activeTextEditor;
  return active && known(active) ? active : vscode.window.visibleTextEditors.find(known);
}

export function activeCode(): EditorCode | undefined {
  const editor = activeEditor();
  return editor && { uri: editor.document.uri, range: editor.selection.isEmpty ? undefined : editor.selection };
}

export function attachmentOf(on: boolean): Attachment {
  const what = activeCode();
  return what
    ? { label: codeLabel(what), detail: vscode.workspace.asRelativePath(what.uri), on }
    : { label: "", detail: "", on };
}

/** Return its name for the user: "cart.py", or "cart.py:4-10" for selected lines. */
export function codeLabel({ uri, range }: EditorCode): string {
  const name = path.posix.basename(uri.path);
  if (!range) return name;
  const last = range.end.character === 0 ? range.end.line : range.end.line + 1; // not the line after a line end
  return last > range.start.line + 1 ? `${name}:${range.start.line + 1}-${last}` : `${name}:${range.start.line + 1}`;
}

/** Return the mentions that begin with `prefix`. */
export async function findMentions(prefix: string): Promise<Mention[]> {
  const [, kind, name = ""] = /^#(file|symbol):"?(.*)$/.exec(prefix) ?? [];
  if (kind === "file") return files(name);
  if (kind === "symbol") return symbols(name);
  const { t } = vscode.l10n;
  const details = [
    t("the selection"),
    t("a file in the workspace"),
    t("a function or type"),
    t("the whole workspace"),
  ];
  return MENTIONS.map((label, i) => ({
    label,
    detail: details[i] ?? "",
    insertText: label.endsWith(":") ? label : `${label} `,
  })).filter(({ label }) => label.startsWith(prefix.toLowerCase()));
}

async function files(name: string): Promise<Mention[]> {
  const open = vscode.workspace.textDocuments.map((document) => document.uri).filter((uri) => uri.scheme === "file");
  const letters = [...name.replaceAll(/[[\]{}*?"\\]/g, "")].map((letter) =>
    letter.toLowerCase() === letter.toUpperCase() ? letter : `[${letter.toLowerCase()}${letter.toUpperCase()}]`,
  );
  const found = await vscode.workspace.findFiles(`**/*${letters.join("")}*`, undefined, MAX_FOUND);
  const paths = [...open, ...found].map((uri) => vscode.workspace.asRelativePath(uri));
  const fitting = [...new Set(paths)].filter(
    (each) => each.toLowerCase().includes(name.toLowerCase()) && !path.isAbsolute(each),
  );
  return fitting.slice(0, MAX_FOUND).map((each) => ({
    label: path.posix.basename(each),
    detail: path.posix.dirname(each) === "." ? "" : path.posix.dirname(each),
    insertText: /\s/.test(each) ? `#file:"${each}" ` : `#file:${each} `,
  }));
}

async function symbols(name: string): Promise<Mention[]> {
  if (!name) return [];
  const found = await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
    "vscode.executeWorkspaceSymbolProvider",
    name,
  );
  const distinct = new Map((found ?? []).map((each) => [each.name.replace(/\(.*$/, ""), each]));
  return [...distinct].slice(0, MAX_FOUND).map(([label, each]) => ({
    label,
    detail: vscode.workspace.asRelativePath(each.location.uri),
    insertText: /\s/.test(label) ? `#symbol:"${label}" ` : `#symbol:${label} `,
  }));
}
