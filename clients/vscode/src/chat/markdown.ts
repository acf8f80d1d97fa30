/** Markdown, rendered by VS Code's own extension, with highlighted code. The view does not trust the result. */

import * as vscode from "vscode";

const RENDER = "markdown.api.render";

/** Return the HTML of `text`; undefined if that extension is disabled. */
export async function renderMarkdown(text: string): Promise<string | undefined> {
  try {
    return await vscode.commands.executeCommand<string>(RENDER, text);
  } catch {
    return undefined;
  }
}

/** Calls `work` after each request, but waits between two calls at least `pauseMs` and as long as the last one took. */
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
