/** One question to the daemon: waited for, streamed, stopped. What goes wrong becomes a sentence; nothing said is lost. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { ProgressType } from "vscode-languageclient/node";
import type { Daemon } from "../daemon";
import * as protocol from "../protocol";
import * as settings from "../settings";
import { historyOf } from "./conversations";
import type { Conversation, Turn } from "./conversations";
import type { Subject } from "./looking";

const REQUEST_FAILED = -32803; // its message is for the person

export class Asking {
  /** What is being done, in a word or two; "" while the answer is being said. */
  stage = vscode.l10n.t("Waiting for the daemon…");
  private readonly token = randomUUID();
  private readonly cancellation = new vscode.CancellationTokenSource();
  private readonly changed = new vscode.EventEmitter<void>();
  private client: Daemon["client"];
  private stopped = false;
  private over = false;

  /** `turn` is the last of `conversation`, and grows; `onSaid` is called whenever it, or `stage`, has changed. */
  constructor(
    private readonly daemon: Daemon,
    private readonly conversation: Conversation,
    private readonly turn: Turn,
    private readonly subject: Subject | undefined,
    private readonly onSaid: () => void,
  ) {}

  /** Ends when nothing more comes. Never rejects: what went wrong stands in `turn.fault`. */
  async run(): Promise<void> {
    try {
      await this.ready();
      if (!this.stopped) Object.assign(this.turn, await this.ask());
    } catch (fault) {
      if (!this.stopped) this.turn.fault = fault instanceof Error ? fault.message : String(fault);
    } finally {
      this.turn.stopped = this.stopped;
      this.over = true;
      this.changed.fire();
      this.changed.dispose();
    }
  }

  /** What was said until now stays. */
  stop(): void {
    this.stopped = true;
    this.changed.fire();
    // Where nothing was said yet there is nothing to keep, and a request that is cancelled ends at once.
    if (!this.turn.text) this.cancellation.cancel();
    else void this.client?.sendNotification(protocol.CANCEL_PROGRESS, { token: this.token }).catch(() => undefined);
  }

  /** Waits until there is a daemon. Throws where there will be none without a person's help. */
  private async ready(): Promise<void> {
    await this.until(() => {
      const { state, reason } = this.daemon;
      if (state === "failed") throw new Error(reason);
      if (!settings.isEnabled()) throw new Error(vscode.l10n.t("CodeGeeX is turned off."));
      return state === "running" || this.stopped;
    });
  }

  private async ask(): Promise<Partial<Turn>> {
    const { t } = vscode.l10n;
    const client = (this.client = this.daemon.client);
    if (!client) throw new Error(t("The daemon ended before it had said everything."));
    this.say(this.daemon.status?.busy ? this.daemon.status.message || t("Loading the model.") : t("Reading…"));
    const partial = randomUUID();
    // The type has no content: importing it would bring the whole library into this file.
    const listening = client.onProgress({} as ProgressType<protocol.Said>, partial, (said) => this.hear(said));
    const history = historyOf(this.conversation.turns.slice(0, -1));
    const params: protocol.AskParams = {
      question: this.turn.question,
      conversationId: this.conversation.id,
      ...(this.subject && { textDocument: { uri: client.code2ProtocolConverter.asUri(this.subject.uri) } }),
      ...(this.subject?.range && { range: client.code2ProtocolConverter.asRange(this.subject.range) }),
      ...(history.length && { history }),
      workDoneToken: this.token,
      partialResultToken: partial,
    };
    const answered = client.sendRequest<protocol.Answer>(protocol.ASK, params, this.cancellation.token);
    answered.catch(() => undefined); // a connection that breaks may leave it unanswered, or fail it later
    const lost = this.until(() => this.daemon.client !== client || this.over).then(() => undefined);
    try {
      const answer = await Promise.race([answered, lost]);
      if (!answer) throw new Error(t("The daemon ended before it had said everything."));
      const { text, sources, notices, warnings, converses, model } = answer;
      return { text, sources, notices, warnings, converses, model };
    } catch (fault) {
      if (this.daemon.client !== client || !client.isRunning()) {
        throw new Error(t("The daemon ended before it had said everything."), { cause: fault });
      }
      const { code, message } = fault as { code?: number; message: string };
      throw code === REQUEST_FAILED ? fault : new Error(t("The question failed: {0}", message), { cause: fault });
    } finally {
      listening.dispose();
    }
  }

  private hear(said: protocol.Said): void {
    if (said.kind === "text") {
      this.turn.text += said.text;
      this.say("");
    } else if (said.stage === "repairing") {
      this.turn.text = "";
      this.say(vscode.l10n.t("Correcting…"));
    } else {
      this.say(said.stage === "checking" ? vscode.l10n.t("Checking…") : vscode.l10n.t("Reading…"));
    }
  }

  private say(stage: string): void {
    this.stage = stage;
    this.onSaid();
  }

  /** Waits until `holds`, looking whenever the daemon changes or this is stopped. Rejects with what `holds` throws. */
  private until(holds: () => boolean): Promise<void> {
    return new Promise((done, failed) => {
      const listening: vscode.Disposable[] = [];
      const look = (): void => {
        try {
          if (!holds()) return;
          done();
        } catch (fault) {
          failed(fault as Error);
        }
        for (const each of listening) each.dispose();
      };
      listening.push(this.daemon.onDidChange(look), this.changed.event(look));
      look();
    });
  }
}
