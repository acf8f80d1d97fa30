/** The code a task is about, and the other arguments that its command needs. */

import * as vscode from "vscode";
import type { LanguageClient, Range } from "vscode-languageclient/node";
import { SCHEMES } from "../protocol";
import type { Task } from "../task";

const DIAGNOSTICS_SHOWN = 20;
// The languages offered in the list. In the chat, any other can be named. Ids and names are VS Code's.
const TARGETS: readonly [id: string, name: string][] = [
  ["python", "Python"], ["java", "Java"], ["javascript", "JavaScript"], ["typescript", "TypeScript"], ["go", "Go"],
  ["rust", "Rust"], ["cpp", "C++"], ["c", "C"], ["csharp", "C#"], ["kotlin", "Kotlin"], ["swift", "Swift"],
  ["php", "PHP"], ["ruby", "Ruby"], ["scala", "Scala"], ["shellscript", "Shell Script"], ["lua", "Lua"],
];

/** Code in a document. If `range` is undefined, all of it; if it is empty, the declaration around it, which the daemon finds. */
export interface TaskSubject {
  document: vscode.TextDocument;
  range: vscode.Range | undefined;
  argument: object;
}

/** Return the subject of a code action's argument, or the code at the cursor; undefined if there is neither. */
export async function findSubject(client: LanguageClient, given: unknown): Promise<TaskSubject | undefined> {
  const action = given as { uri?: unknown; range?: unknown } | undefined;
  if (typeof action?.uri === "string") {
    const uri = client.protocol2CodeConverter.asUri(action.uri);
    const range = action.range as Parameters<typeof client.protocol2CodeConverter.asRange>[0];
    const document = await vscode.workspace.openTextDocument(uri);
    return { document, range: client.protocol2CodeConverter.asRange(range) ?? undefined, argument: action };
  }
  const editor = vscode.window.activeTextEditor;
  if (!editor || !SCHEMES.includes(editor.document.uri.scheme)) return undefined;
  const { document, selection } = editor;
  return { document, range: selection, argument: argumentFor(client, document, selection) };
}

export function argumentFor(
  client: LanguageClient,
  document: vscode.TextDocument,
  range: vscode.Range,
): { uri: string; range: Range } {
  const convert = client.code2ProtocolConverter;
  return { uri: convert.asUri(document.uri), range: convert.asRange(range) };
}

/** Return the subject's argument with what else the task needs, asking the user for it; undefined if the user cancels. */
export async function completeArgument(client: LanguageClient, task: Task, subject: TaskSubject): Promise<object | undefined> {
  const { argument } = subject;
  if (task === "translate" && !("target" in argument)) {
    const target = await chooseTarget(subject.document.languageId);
    return target ? { ...argument, target } : undefined;
  }
  if (task === "edit" && !("instruction" in argument)) {
    const instruction = await askForText(vscode.l10n.t("What should be changed?"), vscode.l10n.t("Add type hints."));
    return instruction ? { ...argument, instruction } : undefined;
  }
  if (task === "fix" && !("diagnostic" in argument)) {
    const found = await chooseDiagnostic(client, subject);
    return found && { ...argument, ...found };
  }
  return argument;
}

export async function chooseTarget(from: string): Promise<string | undefined> {
  const entries = TARGETS.filter(([id]) => id !== from).map(([id, label]) => ({ label, id }));
  const picked = await vscode.window.showQuickPick(entries, { title: vscode.l10n.t("Translate to which language?") });
  return picked?.id;
}

/** Return the id of a language by its name, or `words` itself if they name none of ours. */
export function findLanguage(words: string): string {
  return TARGETS.find(([id, name]) => [id, name.toLowerCase()].includes(words.toLowerCase()))?.[0] ?? words;
}

async function askForText(title: string, placeHolder: string): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({ title, placeHolder, ignoreFocusOut: true });
  return text?.trim() || undefined;
}

/** Return a diagnostic at the cursor, which the user chooses or, if there is none, describes. */
async function chooseDiagnostic(client: LanguageClient, { document, range }: TaskSubject): Promise<object | undefined> {
  const lines = range && new vscode.Range(range.start.line, 0, range.end.line, Number.MAX_SAFE_INTEGER);
  const found = vscode.languages
    .getDiagnostics(document.uri)
    .filter((each) => !lines || each.range.intersection(lines))
    .sort((one, other) => one.severity - other.severity || one.range.start.compareTo(other.range.start))
    .slice(0, DIAGNOSTICS_SHOWN);
  if (!found.length) {
    const message = await askForText(vscode.l10n.t("What is wrong?"), vscode.l10n.t("It fails for an empty list."));
    return message ? { diagnostic: { message } } : undefined;
  }
  const entries = found.map((diagnostic) => ({
    label: diagnostic.message,
    description: vscode.l10n.t("line {0}", diagnostic.range.start.line + 1),
    diagnostic,
  }));
  const title = vscode.l10n.t("Fix which of these?");
  const picked = entries.length > 1 ? await vscode.window.showQuickPick(entries, { title }) : entries[0];
  if (!picked) return undefined;
  const { message, range: at } = picked.diagnostic;
  const around = range?.isEmpty === false ? range : new vscode.Range(at.start, at.start);
  const { asRange } = client.code2ProtocolConverter;
  return { range: asRange(around), diagnostic: { message, range: asRange(at) } };
}
