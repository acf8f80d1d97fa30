/** The chat view: one conversation at a time, which goes on while the view is hidden. Loaded when it is first wanted. */

import * as vscode from "vscode";
import type { Daemon } from "../daemon";
import * as protocol from "../protocol";
import * as settings from "../settings";
import type { Propose } from "../task";
import { carryOut } from "./apply";
import { Asking } from "./asking";
import { Conversations, newTurn } from "./conversations";
import type { Conversation, Turn } from "./conversations";
import { destinationOf } from "./destination";
import { choose } from "./list";
import { completions, labelOf, lookingAt, subject } from "./looking";
import { Paced, rendered } from "./markdown";
import type { FromView, Help, ShownTurn, ToView } from "./messages";
import { html } from "./page";
import { Pictures, troubleOf } from "./pictures";

const VIEW = "codegeex.chat";
const DRAW_MS = 80; // between two pictures of an answer that grows
const SAVE_MS = 3_000; // between two copies of it for the next start
const LINKS = ["http", "https"];

export class Chat implements vscode.Disposable {
  private conversation: Conversation;
  private asking: Asking | undefined;
  private view: vscode.WebviewView | undefined;
  private isLooking = true;
  private isWhole = false; // whether the view is to be drawn anew, and not only the last turn
  private takesFocus = false;
  private cannotKeep = false; // said once
  private readonly pictures = new Pictures();
  private readonly drawing = new Paced(() => this.draw(), DRAW_MS);
  private readonly saving = new Paced(() => this.save(), SAVE_MS);
  private readonly forgotten = new Set<string>();
  private readonly subscriptions: vscode.Disposable[];

  /** With the conversation that was asked last in this workspace. */
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
    this.conversation = conversations.list[0] ?? conversations.begin();
    const look = (): void => this.post({ kind: "looking", looking: lookingAt(this.isLooking) });
    this.subscriptions = [
      daemon.onDidChange(() => this.showDaemon()),
      vscode.window.onDidChangeActiveTextEditor(look),
      vscode.window.onDidChangeTextEditorSelection(look),
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
      this.hear(message).catch((fault: unknown) => {
        void vscode.window.showErrorMessage(fault instanceof Error ? fault.message : String(fault));
      }),
    );
    view.webview.html = html(view.webview, media);
    void rendered(""); // the first time takes a second
  }

  async begin(): Promise<void> {
    this.open(this.conversations.begin());
    await this.focus();
  }

  /** Lets a person choose among the conversations, or delete some. */
  async history(): Promise<void> {
    await this.conversations.load(); // with those of other windows
    const chosen = await choose(this.conversations, (id) => this.forget(id));
    if (chosen && chosen.id !== this.conversation.id) this.open(chosen);
    if (chosen) await this.focus();
  }

  /** A question about what is selected in the editor. */
  async askAboutSelection(): Promise<void> {
    this.isLooking = true;
    await this.focus();
    this.post({ kind: "looking", looking: lookingAt(true) });
  }

  private async focus(): Promise<void> {
    this.takesFocus = this.view === undefined; // then as soon as there is a page
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    this.post({ kind: "focus" });
  }

  private async hear(message: FromView): Promise<void> {
    if (message.kind === "ready") this.ready();
    else if (message.kind === "ask") await this.ask(message.question);
    else if (message.kind === "again") await this.askAgain();
    else if (message.kind === "stop") this.asking?.stop();
    else if (message.kind === "look") this.look(message.on);
    else if (message.kind === "code") await carryOut(message.action, message.text, message.language, this.propose);
    else if (message.kind === "source") await this.openSource(message.turn, message.source);
    else if (message.kind === "link") await openLink(message.address);
    else if (message.kind === "remedy") await this.help(message.remedy);
    else await this.complete(message.request, message.begun);
  }

  private async help(remedy: Help): Promise<void> {
    await (remedy === "enable" ? settings.toggle() : this.daemon.remedy(remedy));
  }

  private async complete(request: number, begun: string): Promise<void> {
    this.post({ kind: "completions", request, completions: await completions(begun) });
  }

  private ready(): void {
    this.showAll();
    if (this.takesFocus) this.post({ kind: "focus" });
    this.takesFocus = false;
  }

  private async ask(question: string): Promise<void> {
    if (this.asking || !question.trim()) return;
    const about = this.isLooking ? subject() : undefined;
    const conversation = this.conversation;
    const turn = newTurn(question, about ? labelOf(about) : "");
    conversation.turns.push(turn);
    const asking = new Asking(this.daemon, conversation, turn, about, () => {
      this.drawing.request();
      this.saving.request();
    });
    this.asking = asking;
    await this.save(conversation); // the question is there again, whatever happens now
    this.drawing.request();
    await asking.run();
    if (this.asking === asking) this.asking = undefined;
    await this.save(conversation);
    this.drawing.request();
  }

  /** Takes the place of the last question, which failed or was stopped. */
  private async askAgain(): Promise<void> {
    if (this.asking) return;
    const last = this.conversation.turns.pop();
    this.showAll();
    if (last) await this.ask(last.question);
  }

  private async save(conversation = this.conversation): Promise<void> {
    if (!conversation.turns.length || this.forgotten.has(conversation.id)) return;
    try {
      await this.conversations.keep(conversation);
    } catch (fault) {
      if (this.cannotKeep) return;
      this.cannotKeep = true;
      void vscode.window.showWarningMessage(vscode.l10n.t("The conversation can't be saved: {0}", String(fault)));
    }
  }

  private look(on: boolean): void {
    this.isLooking = on;
    this.post({ kind: "looking", looking: lookingAt(on) });
  }

  private open(conversation: Conversation): void {
    this.asking?.stop();
    this.asking = undefined;
    this.conversation = conversation;
    this.showAll();
  }

  private async forget(id: string): Promise<void> {
    this.forgotten.add(id);
    if (id === this.conversation.id) this.open(this.conversations.begin());
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
    this.isWhole = true;
    this.drawing.request();
    this.post({ kind: "looking", looking: lookingAt(this.isLooking) });
    this.showDaemon();
  }

  /** One at a time, so that what was said last is drawn last. */
  private async draw(): Promise<void> {
    if (!this.view?.visible) return; // it asks when it is shown again
    const { conversation, isWhole } = this;
    this.isWhole = false;
    const index = conversation.turns.length - 1;
    const turns = await Promise.all(conversation.turns.slice(isWhole ? 0 : index).map((turn) => this.picture(turn)));
    if (isWhole) this.post({ kind: "conversation", id: conversation.id, turns });
    else if (turns[0]) this.post({ kind: "turn", id: conversation.id, index, turn: turns[0] });
  }

  private picture(turn: Turn): Promise<ShownTurn> {
    return this.pictures.of(turn, turn === this.conversation.turns.at(-1) ? this.asking?.stage : undefined);
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
