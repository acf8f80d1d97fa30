/** Explanations, in a Markdown preview next to the code, which grows as the answer comes. */

import * as vscode from "vscode";
import type { Answer } from "../protocol";

const SCHEME = "codegeex-answer";
const REDRAWN_MS = 150;
const KEPT = 20; // a preview may request its text long after its document was closed

export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly onDidChange: vscode.Event<vscode.Uri>;
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly texts = new Map<string, string>();
  private readonly subscription: vscode.Disposable;
  private count = 0;

  constructor() {
    this.onDidChange = this.changed.event;
    this.subscription = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  dispose(): void {
    this.subscription.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  /** Open a preview named `title`. Call `grow` with each addition to its text, and `end` with the whole answer. */
  open(title: string): { grow(text: string): void; end(answer: Answer): Promise<void> } {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}.md`, query: String(++this.count) });
    const [oldest] = this.texts.keys();
    if (oldest && this.texts.size >= KEPT) this.texts.delete(oldest);
    let content = "";
    let timer: NodeJS.Timeout | undefined;
    let preview: Thenable<unknown> | undefined;
    const draw = (): void => {
      timer = undefined;
      this.texts.set(uri.toString(), content);
      if (preview) this.changed.fire(uri);
      else preview = showPreview(uri);
    };
    return {
      grow: (text) => {
        content += text;
        timer ??= setTimeout(draw, REDRAWN_MS);
      },
      end: async (answer) => {
        clearTimeout(timer);
        content = asMarkdown(answer);
        draw();
        await preview;
      },
    };
  }
}

async function showPreview(uri: vscode.Uri): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  try {
    await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
  } catch {
    // VS Code's own Markdown extension is disabled: show the source.
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
  }
}

function asMarkdown({ text, notices, sources }: Answer): string {
  const places = sources.map(({ path, uri, range, reason }) => {
    const line = range.start.line + 1;
    const name = `\`${path}:${line}\``;
    return `- ${uri ? `[${name}](${uri}#L${line})` : name} ${reason}`;
  });
  const notes = notices.map((notice) => `*${notice}*`);
  const summary = `<summary>${vscode.l10n.t("What the model was shown")}</summary>`;
  const details = places.length ? [`<details>${summary}\n\n${places.join("\n")}\n\n</details>`] : [];
  return [text, ...notes, ...details].join("\n\n") + "\n";
}
