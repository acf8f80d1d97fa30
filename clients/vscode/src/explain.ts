/** The commands "Why This Suggestion?" and "Doctor". */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { DaemonError, findCommand, processOptions } from "./command";
import type { Receipt } from "./protocol";
import * as settings from "./settings";

const run = promisify(execFile);
const DOCTOR_MS = 120_000;

/** The last receipt of each document. */
export class Receipts {
  private readonly last = new Map<string, Receipt>();

  add(receipt: Receipt): void {
    const uri = vscode.Uri.parse(receipt.uri).toString();
    // If nothing was shown this time, the receipt before explains what is on the screen.
    if (receipt.shown || !this.last.get(uri)?.shown) this.last.set(uri, receipt);
  }

  forget(document: vscode.TextDocument): void {
    this.last.delete(document.uri.toString());
  }

  async show(): Promise<void> {
    const { t } = vscode.l10n;
    const document = vscode.window.activeTextEditor?.document;
    const receipt = document && this.last.get(document.uri.toString());
    if (!receipt) {
      void vscode.window.showInformationMessage(t("Nothing has been suggested in this file yet."));
      return;
    }
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    const own: vscode.QuickPickItem = {
      label: `$(file) ${vscode.workspace.asRelativePath(document.uri)}`,
      description: t("{0} tokens before the cursor, {1} after it", receipt.prefixTokens, receipt.suffixTokens),
    };
    const shown = receipt.snippets.map((snippet) => ({
      label: `$(symbol-snippet) ${snippet.path}:${snippet.startLine + 1}-${snippet.endLine}`,
      description: t("{0} tokens", snippet.tokens),
      detail: snippet.reason,
      snippet,
    }));
    const others: vscode.QuickPickItem = {
      label: shown.length ? t("related code") : t("the model saw no other code"),
      kind: vscode.QuickPickItemKind.Separator,
    };
    const title = receipt.shown ? t("What the last suggestion is based on") : t("What the model saw (it was not sure enough to suggest anything)");
    const picked = await vscode.window.showQuickPick([own, others, ...shown], { title, matchOnDetail: true });
    if (!picked || !("snippet" in picked) || !folder) return;
    const { path, startLine, endLine } = (picked as (typeof shown)[number]).snippet;
    const selection = new vscode.Range(startLine, 0, endLine, 0);
    await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, path), { selection });
  }
}

/** Run `codegeex-lsp doctor` and show its output. */
export async function doctor(context: vscode.ExtensionContext): Promise<void> {
  const { t } = vscode.l10n;
  const command = await findCommand(context).catch((fault: DaemonError) => fault);
  if (command instanceof DaemonError) {
    void vscode.window.showErrorMessage(command.message);
    return;
  }
  const model = settings.section().get("model", "");
  const args = ["doctor", "--model", model, "--device", settings.section().get("device", "auto")];
  const { cwd, env } = await processOptions(context);
  const options = { cwd, env: { ...env, COLUMNS: "120" }, timeout: DOCTOR_MS };
  const title = t("CodeGeeX is measuring this machine");
  const content = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    run(command, args, options).then(
      ({ stdout }) => stdout,
      // Its exit code is an error if it found a problem, which its output describes.
      (fault: { stdout?: string; message: string }) => fault.stdout || fault.message,
    ),
  );
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }), { preview: true });
}
