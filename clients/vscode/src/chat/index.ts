/** The chat view. It shows one conversation, which continues while the view is hidden. Loaded when it is first opened. */

import * as vscode from "vscode";
import type { Daemon } from "../daemon";
import * as protocol from "../protocol";
import * as settings from "../settings";
import type { Propose } from "../task";
import { carryOut } from "./apply";
import { activeCode, attachmentOf, codeLabel, findMentions } from "./attachment";
import { Conversations, newTurn } from "./conversations";
import type { Conversation, Turn } from "./conversations";
import { destinationOf } from "./destination";
import { chooseConversation } from "./list";
import { Throttle, renderMarkdown } from "./markdown";
import type { FromView, RenderedTurn, ToView, ViewRemedy } from "./messages";
import { renderPage } from "./page";
import { TurnRenderer, troubleOf } from "./render";
import { ChatRequest } from "./request";

const VIEW = "codegeex.chat";
const DRAW_MS = 80; // between two updates of an answer in the view
const SAVE_MS = 3_000; // between two updates of it on disk
const LINKS = ["http", "https"];

export class Chat implements vscode.Disposable {
  private conversation: Conversation;
  private request: ChatRequest | undefined;
  private view: vscode.WebviewView | undefined;
  private isAttached = true;
  private redrawsAll = false; // the whole view is redrawn next, not only the last turn
  private focusesWhenReady = false;
  private hasReportedFault = false; // that conversations cannot be saved
  private readonly renderer = new TurnRenderer();
  private readonly drawing = new Throttle(() => this.draw(), DRAW_MS);
  private readonly saving = new Throttle(() => this.save(), SAVE_MS);
  private readonly deleted = new Set<string>();
  private readonly subscriptions: vscode.Disposable[];

  /** Create it with the latest conversation of this workspace. */
  static async create(context: vscode.ExtensionContext, daemon: Daemon, propose: Propose): Promise<Chat> {
    const folder = vscode.Uri.joinPath(context.globalStorageUri, "chat").fsPath;
    const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
    const conversations = new Conversations(folder, String(workspaceFile ?? workspaceFolders[0]?.uri ?? ""));
    await conversations.load();
    return new Chat(context, daemon, conversations, propose);
  }

  private constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly daemon: Daemon,
    private readonly conversations: Conversations,
    private readonly propose: Propose,
  ) {
    this.conversation = conversations.list[0] ?? conversations.create();
    const showAttachment = (): void => this.post({ kind: "attachment", attachment: attachmentOf(this.isAttached) });
    this.subscriptions = [
      daemon.onDidChange(() => this.showDaemon()),
      vscode.window.onDidChangeActiveTextEditor(showAttachment),
      vscode.window.onDidChangeTextEditorSelection(showAttachment),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  resolve(view: vscode.WebviewView): void {
    this.view = view;
    const media = vscode.Uri.joinPath(this.context.extensionUri, "out", "webview");
    view.webview.options = { enableScripts: true, localResourceRoots: [media] };
    view.onDidDispose(() => {
      if (this.view === view) this.view = undefined;
    });
    view.webview.onDidReceiveMessage((message: FromView) =>
      this.handle(message).catch((fault: unknown) => {
        void vscode.window.showErrorMessage(fault instanceof Error ? fault.message : String(fault));
      }),
    );
    view.webview.html = renderPage(view.webview, media);
    void renderMarkdown(""); // the first rendering takes a second
  }

  async startConversation(): Promise<void> {
    this.open(this.conversations.create());
    await this.focus();
  }

  /** Let the user choose a conversation, or delete some. */
  async showConversations(): Promise<void> {
    await this.conversations.load(); // including those of other windows
    const chosen = await chooseConversation(this.conversations, (id) => this.remove(id));
    if (chosen && chosen.id !== this.conversation.id) this.open(chosen);
    if (chosen) await this.focus();
  }

  /** Open the view to ask about the code selected in the editor. */
  async askAboutSelection(): Promise<void> {
    this.isAttached = true;
    await this.focus();
    this.post({ kind: "attachment", attachment: attachmentOf(true) });
  }

  private async focus(): Promise<void> {
    this.focusesWhenReady = this.view === undefined; // then once the page is loaded
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    this.post({ kind: "focus" });
  }

  private async handle(message: FromView): Promise<void> {
    if (message.kind === "ready") this.ready();
    else if (message.kind === "ask") await this.ask(message.question);
    else if (message.kind === "again") await this.askAgain();
    else if (message.kind === "stop") this.request?.stop();
    else if (message.kind === "attach") this.attach(message.on);
    else if (message.kind === "code") await carryOut(message.action, message.text, message.language, this.propose);
    else if (message.kind === "source") await this.openSource(message.turn, message.source);
    else if (message.kind === "link") await openLink(message.address);
    else if (message.kind === "remedy") await this.applyRemedy(message.remedy);
    else await this.completeMention(message.request, message.prefix);
  }

  private async applyRemedy(remedy: ViewRemedy): Promise<void> {
    await (remedy === "enable" ? settings.toggle() : this.daemon.applyRemedy(remedy));
  }

  private async completeMention(request: number, prefix: string): Promise<void> {
    this.post({ kind: "mentions", request, mentions: await findMentions(prefix) });
  }

  private ready(): void {
    this.showAll();
    if (this.focusesWhenReady) this.post({ kind: "focus" });
    this.focusesWhenReady = false;
  }

  private async ask(question: string): Promise<void> {
    if (this.request || !question.trim()) return;
    const about = this.isAttached ? activeCode() : undefined;
    const conversation = this.conversation;
    const turn = newTurn(question, about ? codeLabel(about) : "");
    conversation.turns.push(turn);
    const request = new ChatRequest(this.daemon, conversation, turn, about, () => {
      this.drawing.request();
      this.saving.request();
    });
    this.request = request;
    await this.save(conversation); // the question survives whatever happens next
    this.drawing.request();
    await request.run();
    if (this.request === request) this.request = undefined;
    await this.save(conversation);
    this.drawing.request();
  }

  /** Ask the last question again, which failed or was stopped. */
  private async askAgain(): Promise<void> {
    if (this.request) return;
    const last = this.conversation.turns.pop();
    this.showAll();
    if (last) await this.ask(last.question);
  }

  private async save(conversation = this.conversation): Promise<void> {
    if (!conversation.turns.length || this.deleted.has(conversation.id)) return;
    try {
      await this.conversations.save(conversation);
    } catch (fault) {
      if (this.hasReportedFault) return;
      this.hasReportedFault = true;
      void vscode.window.showWarningMessage(vscode.l10n.t("The conversation can't be saved: {0}", String(fault)));
    }
  }

  private attach(on: boolean): void {
    this.isAttached = on;
    this.post({ kind: "attachment", attachment: attachmentOf(on) });
  }

  private open(conversation: Conversation): void {
    this.request?.stop();
    this.request = undefined;
    this.conversation = conversation;
    this.showAll();
  }

  private async remove(id: string): Promise<void> {
    this.deleted.add(id);
    if (id === this.conversation.id) this.open(this.conversations.create());
    await this.conversations.remove(id);
    const client = this.daemon.client;
    if (client?.isRunning()) await client.sendNotification(protocol.FORGET_CONVERSATION, { conversationId: id });
  }

  private async openSource(turn: number, source: number): Promise<void> {
    const { uri, range } = this.conversation.turns[turn]?.sources[source] ?? {};
    if (!uri || !range) return;
    const selection = new vscode.Range(range.start.line, 0, range.end.line, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(uri, true), { selection });
  }

  private showAll(): void {
    this.redrawsAll = true;
    this.drawing.request();
    this.post({ kind: "attachment", attachment: attachmentOf(this.isAttached) });
    this.showDaemon();
  }

  /** Send the view what has changed. Calls never overlap, so the latest text is sent last. */
  private async draw(): Promise<void> {
    if (!this.view?.visible) return; // it sends `ready` when it is shown again
    const { conversation, redrawsAll } = this;
    this.redrawsAll = false;
    const index = conversation.turns.length - 1;
    const turns = await Promise.all(conversation.turns.slice(redrawsAll ? 0 : index).map((turn) => this.render(turn)));
    if (redrawsAll) this.post({ kind: "conversation", id: conversation.id, turns });
    else if (turns[0]) this.post({ kind: "turn", id: conversation.id, index, turn: turns[0] });
  }

  private render(turn: Turn): Promise<RenderedTurn> {
    return this.renderer.render(turn, turn === this.conversation.turns.at(-1) ? this.request?.stage : undefined);
  }

  private showDaemon(): void {
    this.post({ kind: "trouble", trouble: troubleOf(this.daemon) });
    this.post({ kind: "destination", destination: destinationOf(this.daemon.status) });
  }

  private post(message: ToView): void {
    void this.view?.webview.postMessage(message);
  }
}

async function openLink(address: string): Promise<void> {
  const uri = vscode.Uri.parse(address, true);
  if (LINKS.includes(uri.scheme)) await vscode.env.openExternal(uri);
}
