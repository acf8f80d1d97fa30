/** Finds, starts, watches and restarts the daemon of this window. Shows each fault once, with a remedy. */

import * as vscode from "vscode";
import type { LanguageClient, Middleware } from "vscode-languageclient/node";
import { DaemonError, chooseCommand, findCommand, install, processOptions } from "./command";
import type { Remedy } from "./command";
import * as protocol from "./protocol";
import * as settings from "./settings";

export const OLDEST_DAEMON = "0.1.0";
const RESTART_DELAYS_MS = [250, 1_000, 3_000, 8_000];
const HEALTHY_MS = 60_000; // after which the next restart has the shortest delay again

export type DaemonState = "off" | "starting" | "running" | "restarting" | "failed";

export class Daemon {
  state: DaemonState = "off";
  reason = "";
  remedies: readonly Remedy[] = []; // for `reason`
  status: protocol.Status | undefined;
  client: LanguageClient | undefined;
  readonly onDidChange: vscode.Event<void>;

  private readonly changed = new vscode.EventEmitter<void>();
  private crashes = 0;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly middleware: Middleware,
    private readonly onClient: (client: LanguageClient) => void,
  ) {
    this.onDidChange = this.changed.event;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  /**
   * Return the connection once the daemon runs. Throws an `Error` with a sentence for the user if it will not run without
   * their help, and `CancellationError` once `token` is cancelled.
   */
  async ready(token: vscode.CancellationToken): Promise<LanguageClient> {
    for (;;) {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      if (!settings.isEnabled()) throw new Error(vscode.l10n.t("CodeGeeX is turned off."));
      if (this.state === "failed") throw new Error(this.reason);
      if (this.state === "running" && this.client) return this.client;
      await firstOf(this.onDidChange, token.onCancellationRequested);
    }
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  /** Restart at the user's request: earlier crashes no longer count. */
  restart(): Promise<void> {
    this.crashes = 0;
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Install the daemon that the extension brings, and start it. */
  async install(): Promise<void> {
    await this.stop();
    try {
      await install(this.context, this.log);
    } catch (fault) {
      this.fail(fault);
      return;
    }
    await this.restart();
  }

  /** Return the title of the button for `remedy`. */
  remedyTitle(remedy: Remedy): string {
    const { t } = vscode.l10n;
    return { install: t("Install"), choose: t("Choose Command…"), restart: t("Restart"), log: t("Show Log") }[remedy];
  }

  /** Do what the button for `remedy` says. */
  async applyRemedy(remedy: Remedy): Promise<void> {
    if (remedy === "install") await this.install();
    else if (remedy === "choose") await chooseCommand();
    else if (remedy === "restart") await this.restart();
    else this.log.show();
  }

  /** Send the daemon its new settings; start, stop or restart it if they require that. */
  async applySettings(change: vscode.ConfigurationChangeEvent): Promise<void> {
    if (change.affectsConfiguration("codegeex.server") || settings.isEnabled() === (this.state === "off")) {
      await (settings.isEnabled() ? this.restart() : this.stop());
    } else if (this.client?.isRunning()) {
      await this.client.sendNotification("workspace/didChangeConfiguration", {
        settings: { codegeex: settings.forDaemon() },
      });
    }
    this.changed.fire();
  }

  /** Do `work` after all that was queued before: starts and stops never overlap. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((fault: unknown) => this.fail(fault));
    return this.queue;
  }

  private async startNow(): Promise<void> {
    if (this.client || !settings.isEnabled()) return;
    this.setState(this.crashes ? "restarting" : "starting");
    const command = await findCommand(this.context);
    const options = await processOptions(this.context);
    this.log.info(command);
    const { createClient } = await import("./client");
    const client = createClient({ command, options }, this.log, this.middleware, () => {
      if (this.client === client) this.recover();
    });
    client.onNotification(protocol.DID_CHANGE_STATUS, (status: protocol.Status) => {
      this.status = status;
      this.changed.fire();
    });
    this.onClient(client);
    this.client = client;
    this.startedAt = Date.now();
    try {
      await client.start();
    } catch (fault) {
      this.log.error(String(fault));
      if (this.client === client) this.recover();
      return;
    }
    const about = client.initializeResult;
    if (!about?.capabilities.inlineCompletionProvider || isOlder(about.serverInfo?.version ?? "0", OLDEST_DAEMON)) {
      const version = about?.serverInfo?.version ?? vscode.l10n.t("unknown");
      await this.stopNow();
      const message = vscode.l10n.t("{0} is version {1}. This extension needs version {2} or later.", command, version, OLDEST_DAEMON);
      throw new DaemonError(message, ["install", "choose"]);
    }
    this.setState("running");
  }

  private async stopNow(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    this.setState("off");
    if (!client) return;
    try {
      await client.dispose();
    } catch (fault) {
      this.log.debug(String(fault)); // it had ended already, or crashed on shutdown
    }
  }

  /** Restart it after a delay that grows with each crash; after the last delay, leave it to the user. */
  private recover(): void {
    this.client?.dispose().catch((fault: unknown) => this.log.debug(String(fault)));
    this.client = undefined;
    this.status = undefined;
    if (Date.now() - this.startedAt > HEALTHY_MS) this.crashes = 0;
    const delay = RESTART_DELAYS_MS[this.crashes++];
    if (delay === undefined) {
      this.crashes = 0;
      this.fail(new DaemonError(vscode.l10n.t("The CodeGeeX server keeps crashing. Restart it or open the log."), ["restart", "log"]));
      return;
    }
    this.log.warn(vscode.l10n.t("The CodeGeeX server stopped unexpectedly. It restarts in {0} ms.", delay));
    this.setState("restarting");
    this.timer = setTimeout(() => void this.start(), delay);
  }

  private fail(fault: unknown): void {
    const error = fault instanceof DaemonError ? fault : new DaemonError(String(fault), ["restart", "log"]);
    this.log.error(error.message);
    const isShown = this.state === "failed" && this.reason === error.message;
    this.remedies = error.remedies;
    this.setState("failed", error.message);
    if (!isShown) void this.showError(error);
  }

  private async showError(error: DaemonError): Promise<void> {
    const titles = error.remedies.map((each) => this.remedyTitle(each));
    const answer = await vscode.window.showErrorMessage(error.message, ...titles);
    const remedy = error.remedies.find((each) => this.remedyTitle(each) === answer);
    if (remedy) await this.applyRemedy(remedy);
  }

  private setState(state: DaemonState, reason = ""): void {
    [this.state, this.reason] = [state, reason];
    if (state !== "running") this.status = undefined;
    void vscode.commands.executeCommand("setContext", "codegeex.ready", state === "running");
    this.changed.fire();
  }
}

/** Wait until one of these events is fired. */
function firstOf(...events: vscode.Event<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    const subscriptions = events.map((event) =>
      event(() => {
        for (const each of subscriptions) each.dispose();
        resolve();
      }),
    );
  });
}

function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map((each) => each.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < 3; i++) {
    const difference = (ours?.[i] ?? 0) - (theirs?.[i] ?? 0);
    if (difference) return difference < 0;
  }
  return false;
}
