/** The status bar item: which model answers, if it is busy, and why it does not answer. */

import * as vscode from "vscode";
import type { Daemon } from "./daemon";
import * as settings from "./settings";
import type { Snooze } from "./snooze";
import type { Suggestions } from "./suggestions";

const BUSY_AFTER_MS = 400; // most suggestions are faster, so the item does not flicker with each key

export interface StatusContent {
  icon: string;
  text: string;
  detail: string;
  severity: "none" | "warning" | "error";
}

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("codegeex", vscode.StatusBarAlignment.Right, 100);
  private readonly subscriptions: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private late = false;

  constructor(
    private readonly daemon: Daemon,
    private readonly suggestions: Suggestions,
    private readonly snooze: Snooze,
  ) {
    this.item.name = "CodeGeeX";
    this.item.command = "codegeex.menu";
    const draw = (): void => this.draw();
    this.subscriptions = [
      this.item,
      daemon.onDidChange(draw),
      snooze.onDidChange(draw),
      suggestions.onDidChange(() => this.followRequests()),
      vscode.window.onDidChangeActiveTextEditor(draw),
    ];
    draw();
    this.item.show();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const each of this.subscriptions) each.dispose();
  }

  /** What the item shows; also read by the menu and the tests. */
  get content(): StatusContent {
    const { state, reason, status } = this.daemon;
    const { t } = vscode.l10n;
    const name = status?.model || "CodeGeeX";
    const language = vscode.window.activeTextEditor?.document.languageId ?? "";
    const normal = (icon: string, text: string, detail: string): StatusContent => ({ icon, text, detail, severity: "none" });
    if (!settings.isEnabled()) return normal("circle-slash", "CodeGeeX", t("Turned off."));
    if (state === "failed") return { icon: "error", text: "CodeGeeX", detail: reason, severity: "error" };
    if (state === "restarting") return normal("sync~spin", "CodeGeeX", t("The CodeGeeX server stopped and is restarting."));
    if (state !== "running") return normal("loading~spin", "CodeGeeX", t("The CodeGeeX server is starting."));
    if (status?.kind === "Error") return { icon: "error", text: name, detail: status.message, severity: "error" };
    if (status?.kind === "Warning") return { icon: "warning", text: name, detail: status.message, severity: "warning" };
    if (this.snooze.until) {
      const until = this.snooze.until.toLocaleTimeString(vscode.env.language, { hour: "2-digit", minute: "2-digit" });
      return normal("bell-slash", name, t("Snoozed until {0}.", until));
    }
    if (settings.disabledLanguages().includes(language)) {
      return normal("circle-slash", name, t("Turned off for {0}.", language));
    }
    if (status?.kind === "Inactive") return normal("circle-slash", name, status.message);
    if (status?.busy) return normal("loading~spin", name, status.message || t("Loading the model."));
    if (this.late) return normal("loading~spin", name, t("Thinking."));
    return normal("sparkle", name, status?.message || t("Ready."));
  }

  private followRequests(): void {
    clearTimeout(this.timer);
    if (this.suggestions.running) {
      this.timer = setTimeout(() => this.setLate(true), BUSY_AFTER_MS);
    } else if (this.late) {
      this.setLate(false);
    }
  }

  private setLate(late: boolean): void {
    this.late = late;
    this.draw();
  }

  private draw(): void {
    const { icon, text, detail, severity } = this.content;
    this.item.text = `$(${icon}) ${text}`;
    this.item.tooltip = `CodeGeeX: ${detail}`;
    this.item.accessibilityInformation = { label: `CodeGeeX, ${text}: ${detail}`, role: "button" };
    this.item.backgroundColor =
      severity === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  }
}
