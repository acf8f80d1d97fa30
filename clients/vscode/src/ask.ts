/** One request to the daemon whose answer streams: a question of a conversation, or a task. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient, ProgressType } from "vscode-languageclient/node";
import { ASK, CANCEL_PROGRESS } from "./protocol";
import type { Answer, AnswerProgress, Stage } from "./protocol";

const EXECUTE = "workspace/executeCommand";
// vscode-languageclient reads the token only, and importing the type's class would bundle the whole library here.
const PROGRESS = {} as ProgressType<AnswerProgress>;
const FOR_THE_USER = [-32803, -32602]; // RequestFailed and InvalidParams: the message is a sentence of the daemon's

/** Receives an answer as it is generated. With the stage "repairing" its text starts over. */
export interface Watcher {
  onText?(text: string): void;
  onStage?(stage: Stage): void;
}

/**
 * Ask a question (`ASK`) or execute a command of the daemon; return its answer, which changes nothing by itself.
 *
 * If `token` is cancelled, the answer is `stopped` and holds the text so far. Throws an `Error` whose message is a sentence
 * for the user.
 */
export async function ask(
  client: LanguageClient,
  what: string,
  argument: object,
  token: vscode.CancellationToken,
  watcher: Watcher = {},
): Promise<Answer> {
  const workDoneToken = randomUUID();
  const partialResultToken = randomUUID();
  const request = new vscode.CancellationTokenSource();
  let text = "";
  const subscriptions: vscode.Disposable[] = [
    request,
    client.onProgress(PROGRESS, partialResultToken, (progress) => {
      if (progress.kind === "text") {
        text += progress.text;
        watcher.onText?.(progress.text);
      } else {
        if (progress.stage === "repairing") text = "";
        watcher.onStage?.(progress.stage);
      }
    }),
    token.onCancellationRequested(() => {
      // The daemon ends an answer that has begun, and what there is of it is kept. Before that there is nothing to keep.
      if (text) void client.sendNotification(CANCEL_PROGRESS, { token: workDoneToken }).catch(() => undefined);
      else request.cancel();
    }),
  ];
  try {
    const answered =
      what === ASK
        ? client.sendRequest<Answer>(ASK, { ...argument, workDoneToken, partialResultToken }, request.token)
        : client.sendRequest<Answer>(
            EXECUTE,
            { command: what, arguments: [{ ...argument, apply: false, partialResultToken }], workDoneToken },
            request.token,
          );
    const answer = await Promise.race([answered, connectionLost(client, subscriptions)]);
    return { ...answer, stopped: answer.stopped || token.isCancellationRequested };
  } catch (fault) {
    if (token.isCancellationRequested) return stoppedAnswer(text);
    throw faultForUser(client, fault);
  } finally {
    for (const each of subscriptions) each.dispose();
  }
}

/** Return a promise that rejects when the connection ends: a pending request may then never be answered. */
function connectionLost(client: LanguageClient, subscriptions: vscode.Disposable[]): Promise<never> {
  return new Promise((_, reject) => {
    const look = (): void => {
      if (!client.isRunning()) reject(new Error("the connection has ended"));
    };
    subscriptions.push(client.onDidChangeState(look));
  });
}

function faultForUser(client: LanguageClient, fault: unknown): Error {
  const { t } = vscode.l10n;
  const { code, message } = fault as { code?: number; message?: string };
  if (!client.isRunning()) return new Error(t("The CodeGeeX server stopped before the answer was complete."), { cause: fault });
  if (message && FOR_THE_USER.includes(code ?? 0)) return new Error(message, { cause: fault });
  return new Error(t("The CodeGeeX server could not answer: {0}", message ?? String(fault)), { cause: fault });
}

function stoppedAnswer(text: string): Answer {
  return { text, sources: [], notices: [], warnings: [], converses: true, stopped: true, model: "" };
}
