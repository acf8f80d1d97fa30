/** Quiet for a while: nothing is shown until it is asked for. */

import * as vscode from "vscode";

export class Slept implements vscode.Disposable {
  until: Date | undefined;
  readonly onDidChange: vscode.Event<void>;

  private readonly changed = new vscode.EventEmitter<void>();
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    this.onDidChange = this.changed.event;
  }

  get isAsleep(): boolean {
    return this.until !== undefined;
  }

  for(minutes: number): void {
    this.wake();
    const ms = minutes * 60_000;
    this.until = new Date(Date.now() + ms);
    this.timer = setTimeout(() => this.wake(), ms);
    void vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    this.changed.fire();
  }

  wake(): void {
    clearTimeout(this.timer);
    this.until = undefined;
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
