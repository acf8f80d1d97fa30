/** What the daemon is asked and answers, as docs/protocol.md has it; and one request whose answer streams. */

import * as vscode from "vscode";
import type { LanguageClient, ProgressType, Range } from "vscode-languageclient/node";

export const ASK = "codegeex/ask";
const EXECUTE = "workspace/executeCommand";
const STOP = "window/workDoneProgress/cancel";
// vscode-languageclient looks at the token only; the type's own class is in the bundle of the connection.
const SAID = {} as ProgressType<Said>;
const FOR_THE_PERSON = [-32803, -32602]; // LSP's RequestFailed and InvalidParams: the daemon's own sentences

export interface Source {
  path: string;
  uri?: string;
  symbol?: string;
  range: Range;
  reason: string;
}

export interface Answer {
  text: string;
  code?: string;
  language?: string;
  edit?: { range: Range; newText: string; version: number };
  newUri?: string;
  conversationId?: string;
  sources: Source[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  stopped: boolean;
  model: string;
}

type Said = { kind: "text"; text: string } | { kind: "stage"; stage: Stage };
export type Stage = "answering" | "checking" | "repairing";

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
  const stop = token.onCancellationRequested(() => void client.sendNotification(STOP, { token: workDoneToken }));
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
