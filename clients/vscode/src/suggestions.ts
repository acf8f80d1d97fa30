/** Ghost text: requests for it, and reports to the daemon of what the user did with it. */

import * as vscode from "vscode";
import type { InlineCompletionItem, InlineCompletionList, LanguageClient, Middleware } from "vscode-languageclient/node";
import * as protocol from "./protocol";
import { Snooze } from "./snooze";

type Provide = NonNullable<Middleware["provideInlineCompletionItems"]>;

/** The first suggestion on the screen. `start` and `accepted` are in UTF-16 units, as `acceptedLength` is. */
interface ShownSuggestion {
  item: InlineCompletionItem;
  document: vscode.TextDocument;
  line: number;
  start: number;
  text: string;
  accepted: number;
  target: string;
}

export class Suggestions implements vscode.Disposable {
  client: LanguageClient | undefined;
  running = 0;
  readonly middleware: Middleware;
  readonly onDidChange: vscode.Event<void>;

  private shown: ShownSuggestion | undefined;
  private isFromComment = false; // the next explicit request asks for the code below a comment
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly snooze: Snooze) {
    this.onDidChange = this.changed.event;
    this.middleware = { provideInlineCompletionItems: (...call) => this.provide(...call) };
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((change) => this.onEdit(change)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const at = selections[0]?.active;
        if (this.shown && textEditor.document === this.shown.document && at?.line !== this.cursorLine()) this.dismiss();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.dismiss()),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  private async provide(...[document, position, context, token, next]: Parameters<Provide>): Promise<vscode.InlineCompletionList | vscode.InlineCompletionItem[] | null | undefined> {
    const isExplicit = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (this.snooze.isActive && !isExplicit) return undefined;
    const isFromComment = isExplicit && this.isFromComment;
    if (isExplicit) this.isFromComment = false;
    this.count(1);
    try {
      const answer = isFromComment
        ? await this.codeBelowComment(document, position, context, token)
        : await next(document, position, context, token);
      if (!token.isCancellationRequested) this.show(document, position, answer);
      return answer;
    } finally {
      this.count(-1);
    }
  }

  /** Show the code below the comment at the cursor as ghost text. */
  async generateFromComment(): Promise<void> {
    this.isFromComment = true;
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }

  private async codeBelowComment(
    ...[document, position, context, token]: Parameters<vscode.InlineCompletionItemProvider["provideInlineCompletionItems"]>
  ): Promise<vscode.InlineCompletionList | vscode.InlineCompletionItem[] | null | undefined> {
    const { client } = this;
    if (!client) return undefined;
    const params = client.code2ProtocolConverter.asInlineCompletionParams(document, position, context);
    const answer = await client.sendRequest<InlineCompletionList>(
      protocol.INLINE_COMPLETION,
      { ...params, codegeex: { mode: "comment" } },
      token,
    );
    return client.protocol2CodeConverter.asInlineCompletionResult(answer, token);
  }

  private count(step: number): void {
    this.running += step;
    this.changed.fire();
  }

  private show(
    document: vscode.TextDocument,
    position: vscode.Position,
    answer: vscode.InlineCompletionList | vscode.InlineCompletionItem[] | null | undefined,
  ): void {
    const first = (Array.isArray(answer) ? answer : answer?.items)?.[0];
    if (!first || !this.client) return this.dismiss();
    const text = typeof first.insertText === "string" ? first.insertText : first.insertText.value;
    const range = first.range ?? new vscode.Range(position, position);
    const head = document.lineAt(range.start.line).text.slice(0, range.start.character);
    const target = head + text;
    if (this.shown?.document === document && this.shown.line === range.start.line && this.shown.target === target) return;
    const convert = this.client.code2ProtocolConverter;
    const item: InlineCompletionItem = { insertText: text, range: convert.asRange(range) };
    if (first.filterText) item.filterText = first.filterText;
    if (first.command) item.command = convert.asCommand(first.command);
    const start = document.offsetAt(range.start);
    const accepted = document.offsetAt(position) - start; // a suggestion may replace text that the user has typed
    this.shown = { item, document, line: range.start.line, start, text, accepted, target };
    this.report(protocol.DID_SHOW, { item });
  }

  /** Follow what the user types or accepts of the suggestion. Several characters at once are an accepted part. */
  private onEdit({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const shown = this.shown;
    if (document !== shown?.document || !contentChanges.length) return;
    const [change] = contentChanges;
    const rest = shown.text.slice(shown.accepted);
    const inserted = change?.text.replaceAll("\r\n", "\n") ?? "";
    const follows = contentChanges.length === 1 && change?.rangeLength === 0 && rest.startsWith(inserted);
    if (!follows) return; // the next response shows if the suggestion is still there
    shown.accepted += inserted.length;
    if (shown.accepted === shown.text.length) {
      this.shown = undefined; // accepted as a whole: the item's command reports it
      void vscode.commands.executeCommand("setContext", "codegeex.accepted", true);
    } else if (inserted.length > 1) {
      this.report(protocol.DID_PARTIALLY_ACCEPT, { item: shown.item, acceptedLength: shown.accepted });
    }
  }

  private cursorLine(): number {
    const shown = this.shown;
    return shown ? shown.line + shown.text.slice(0, shown.accepted).split("\n").length - 1 : -1;
  }

  /** Report that the user dismissed the suggestion or moved on. A suggestion that another one replaces is not dismissed. */
  dismiss(): void {
    if (!this.shown) return;
    const { item } = this.shown;
    this.shown = undefined;
    this.report(protocol.DID_DISMISS, { item });
  }

  private report(method: string, params: protocol.SuggestionEvent): void {
    // If the daemon has just ended, nobody needs the report.
    this.client?.sendNotification(method, params).catch(() => undefined);
  }
}
