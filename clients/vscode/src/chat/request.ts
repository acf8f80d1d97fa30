/** One request of the chat: sends the question of a turn to the daemon, and adds the answer to the turn as it comes. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../ask";
import type { Daemon } from "../daemon";
import * as protocol from "../protocol";
import { historyOf } from "./conversations";
import type { Conversation, Turn } from "./conversations";
import type { EditorCode } from "./attachment";

export class ChatRequest {
  /** What the daemon is doing, in a word or two; "" while text is coming. */
  stage = vscode.l10n.t("Waiting for the CodeGeeX server…");
  private readonly cancellation = new vscode.CancellationTokenSource();

  /** `turn` is the last of `conversation`. `onChange` is called whenever `turn` or `stage` has changed. */
  constructor(
    private readonly daemon: Daemon,
    private readonly conversation: Conversation,
    private readonly turn: Turn,
    private readonly code: EditorCode | undefined,
    private readonly onChange: () => void,
  ) {}

  /** Run until the answer is complete or stopped. Never rejects: `turn.fault` has what went wrong. */
  async run(): Promise<void> {
    const { token } = this.cancellation;
    try {
      const client = await this.daemon.ready(token);
      const { busy, message } = this.daemon.status ?? {};
      this.setStage(busy ? message || vscode.l10n.t("Loading the model.") : stageName("answering"));
      const answer = await ask(client, protocol.ASK, this.argument(client), token, {
        onText: (text) => {
          this.turn.text += text;
          this.setStage("");
        },
        onStage: (stage) => {
          if (stage === "repairing") this.turn.text = "";
          this.setStage(stageName(stage));
        },
      });
      const { text, sources, notices, warnings, converses, model } = answer;
      Object.assign(this.turn, { text, sources, notices, warnings, converses, model });
    } catch (fault) {
      if (!token.isCancellationRequested) this.turn.fault = fault instanceof Error ? fault.message : String(fault);
    } finally {
      this.turn.stopped = token.isCancellationRequested;
    }
  }

  /** Stop the answer. The turn keeps its text so far. */
  stop(): void {
    this.cancellation.cancel();
  }

  private argument(client: LanguageClient): protocol.AskParams {
    const { asUri, asRange } = client.code2ProtocolConverter;
    const history = historyOf(this.conversation.turns.slice(0, -1));
    return {
      question: this.turn.question,
      conversationId: this.conversation.id,
      ...(this.code && { textDocument: { uri: asUri(this.code.uri) } }),
      ...(this.code?.range && { range: asRange(this.code.range) }),
      ...(history.length && { history }),
    };
  }

  private setStage(stage: string): void {
    this.stage = stage;
    this.onChange();
  }
}

function stageName(stage: protocol.Stage): string {
  const { t } = vscode.l10n;
  return { answering: t("Reading…"), checking: t("Checking…"), repairing: t("Correcting…") }[stage];
}
