/** What the daemon is asked and answers, as docs/protocol.md has it; and one request whose answer streams. */

import * as vscode from "vscode";
import type { LanguageClient, ProgressType } from "vscode-languageclient/node";
import { ASK, CANCEL_PROGRESS } from "../protocol";
import type { Answer, Said, Stage } from "../protocol";

const EXECUTE = "workspace/executeCommand";
// vscode-languageclient looks at the token only; the type's own class is in the bundle of the connection.
const SAID = {} as ProgressType<Said>;
const FOR_THE_PERSON = [-32803, -32602]; // LSP's RequestFailed and InvalidParams: the daemon's own sentences

/** Told of an answer as it comes; with "repairing" it begins anew. */
export interface Watcher {
  onText?(text: string): void;
  onStage?(stage: Stage): void;
}

let requests = 0;

/**
 * The answer to a question (`ASK`) or a command, which changes nothing by itself. `token` stops it: then the answer has
 * what was said until then. Throws an `Error` with a sentence for the person.
 */
export async function answerOf(
  client: LanguageClient,
  what: string,
  argument: object,
  token: vscode.CancellationToken,
  watcher: Watcher = {},
): Promise<Answer> {
  const workDoneToken = `codegeex-task-${++requests}`;
  const partialResultToken = `${workDoneToken}-text`;
  const progress = client.onProgress(SAID, partialResultToken, (said) => {
    if (said.kind === "text") watcher.onText?.(said.text);
    else watcher.onStage?.(said.stage);
  });
  const stop = token.onCancellationRequested(() => void client.sendNotification(CANCEL_PROGRESS, { token: workDoneToken }));
  try {
    const given = { ...argument, apply: false, partialResultToken };
    const answer = await (what === ASK
      ? client.sendRequest<Answer>(ASK, { ...argument, workDoneToken, partialResultToken })
      : client.sendRequest<Answer>(EXECUTE, { command: what, arguments: [given], workDoneToken }));
    return { ...answer, stopped: answer.stopped || token.isCancellationRequested }; // one that came too late for the daemon
  } catch (fault) {
    const { code, message } = fault as { code?: number; message?: string };
    if (FOR_THE_PERSON.includes(code ?? 0)) throw new Error(message, { cause: fault });
    throw new Error(vscode.l10n.t("The daemon gave no answer: {0}", message ?? String(fault)), { cause: fault });
  } finally {
    progress.dispose();
    stop.dispose();
  }
}
