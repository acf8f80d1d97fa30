/** Writes the commit message for what is staged into the input box of VS Code's own Git. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../ask";
import type { Answer } from "../protocol";
import { taskTitle, withProgress } from "./progress";

/** The part of vscode.git's API that is used here. */
interface Repository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  readonly ui: { readonly selected: boolean };
  diff(staged: boolean): Promise<string>;
}

interface Git {
  getAPI(version: 1): { readonly repositories: readonly Repository[] };
}

const writtenMessages = new Map<string, string>(); // by repository; such a message may be overwritten

/** Write it. `given` is the source control whose button was pressed, or a code action's argument for git's message file. */
export async function writeCommitMessage(client: LanguageClient, given: unknown): Promise<void> {
  const { uri, rootUri } = (given ?? {}) as { uri?: unknown; rootUri?: vscode.Uri };
  if (typeof uri === "string") return writeMessageFile(client, client.protocol2CodeConverter.asUri(uri));
  const repository = await findRepository(rootUri);
  if (!repository) throw new Error(vscode.l10n.t("No Git repository is open."));
  // If nothing is staged, VS Code commits all changes.
  const diff = (await repository.diff(true)) || (await repository.diff(false));
  const argument = { diff: diff || undefined, uri: undefined };
  const answer = await withProgress(taskTitle("commitMessage"), (token, watcher) =>
    ask(client, "codegeex.commitMessage", argument, token, watcher),
  );
  if (answer.stopped) return;
  if (answer.warnings.length) return showDraft(answer);
  const { inputBox } = repository;
  const root = repository.rootUri.toString();
  const typed = inputBox.value === writtenMessages.get(root) ? "" : inputBox.value.trim();
  inputBox.value = typed ? `${answer.text.trim()}\n\n${typed}` : answer.text.trim();
  writtenMessages.set(root, inputBox.value);
  await vscode.commands.executeCommand("workbench.view.scm");
}

async function writeMessageFile(client: LanguageClient, uri: vscode.Uri): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const argument = { uri: client.code2ProtocolConverter.asUri(uri) };
  const answer = await withProgress(taskTitle("commitMessage"), (token, watcher) =>
    ask(client, "codegeex.commitMessage", argument, token, watcher),
  );
  if (answer.stopped) return;
  if (answer.warnings.length) return showDraft(answer);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), `${answer.text.trim()}\n`);
  await vscode.workspace.applyEdit(edit);
}

/** Show what is no complete message: the user takes what is right in it. */
async function showDraft({ text, warnings }: Answer): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content: text, language: "git-commit" });
  await vscode.window.showTextDocument(document);
  void vscode.window.showWarningMessage(warnings.join("\n"));
}

/** Return the repository at `root`; without `root`, that of the active file, or the selected one. */
async function findRepository(root: vscode.Uri | undefined): Promise<Repository | undefined> {
  const git = await vscode.extensions.getExtension<Git>("vscode.git")?.activate();
  const repositories = git?.getAPI(1).repositories ?? [];
  if (root) return repositories.find((each) => each.rootUri.toString() === root.toString());
  const file = vscode.window.activeTextEditor?.document.uri.path ?? "";
  return (
    repositories.find((each) => file.startsWith(`${each.rootUri.path}/`)) ??
    repositories.find((each) => each.ui.selected) ??
    repositories[0]
  );
}
