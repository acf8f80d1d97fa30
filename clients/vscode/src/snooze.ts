/** A pause of some minutes in which suggestions are shown only if the user triggers them. */

import * as vscode from "vscode";

export class Snooze implements vscode.Disposable {
  until: Date | undefined;
  readonly onDidChange: vscode.Event<void>;

  private readonly changed = new vscode.EventEmitter<void>();
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    this.onDidChange = this.changed.event;
  }

  get isActive(): boolean {
    return this.until !== undefined;
  }

  start(minutes: number): void {
    this.end();
    const ms = minutes * 60_000;
    this.until = new Date(Date.now() + ms);
    this.timer = setTimeout(() => this.end(), ms);
    void vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    this.changed.fire();
  }

  end(): void {
    clearTimeout(this.timer);
    this.until = undefined;
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
