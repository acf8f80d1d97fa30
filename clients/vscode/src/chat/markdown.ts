/** Markdown as VS Code's own extension renders it, with highlighted code. What comes of it is not trusted: see the view. */

import * as vscode from "vscode";

const RENDER = "markdown.api.render";

/** HTML of `text`; undefined where that extension is switched off, and the text is to be shown as it is. */
export async function renderMarkdown(text: string): Promise<string | undefined> {
  try {
    return await vscode.commands.executeCommand<string>(RENDER, text);
  } catch {
    return undefined;
  }
}

/** Calls `work` soon, again and again while it is asked for, but leaves as much time between as it takes. */
export class Throttle {
  private isRunning = false;
  private isRequested = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly pauseMs: number,
  ) {}

  request(): void {
    this.isRequested = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isRequested) {
      this.isRequested = false;
      const began = Date.now();
      await this.work();
      await new Promise((done) => setTimeout(done, Math.max(this.pauseMs, Date.now() - began)));
    }
    this.isRunning = false;
  }
}
