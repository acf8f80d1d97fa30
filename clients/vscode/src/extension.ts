/** The composition root. Nothing here waits for the daemon, so activation takes milliseconds. */

import * as vscode from "vscode";
import type { Chat } from "./chat";
import { Daemon } from "./daemon";
import { answerDefinitions } from "./definitions";
import { Receipts, doctor } from "./explain";
import { chooseModel, chooseSnooze, showMenu } from "./menu";
import * as protocol from "./protocol";
import * as settings from "./settings";
import { Snooze } from "./snooze";
import { StatusItem } from "./status";
import { Suggestions } from "./suggestions";
import { registerTasks } from "./tasks";

/** What the tests in the extension host use. */
export interface Exports {
  daemon: Daemon;
  status: StatusItem;
  snooze: Snooze;
}

let activeDaemon: Daemon | undefined;

export function activate(context: vscode.ExtensionContext): Exports {
  const log = vscode.window.createOutputChannel("CodeGeeX", { log: true });
  const snooze = new Snooze();
  const suggestions = new Suggestions(snooze);
  const receipts = new Receipts();
  const daemon = new Daemon(context, log, suggestions.middleware, (client) => {
    suggestions.client = client;
    client.onNotification(protocol.CONTEXT_RECEIPT, (receipt: protocol.Receipt) => receipts.add(receipt));
    answerDefinitions(client);
  });
  const status = new StatusItem(daemon, suggestions, snooze);
  const tasks = registerTasks(daemon, vscode.Uri.joinPath(context.extensionUri, "media", "icon.png"));
  let chat: Promise<Chat> | undefined;
  const loadChat = (): Promise<Chat> =>
    (chat ??= import("./chat").then(async ({ Chat }) => {
      const loaded = await Chat.create(context, daemon, tasks.propose);
      context.subscriptions.push(loaded);
      return loaded;
    }));
  const commands: Record<string, () => unknown> = {
    menu: () => showMenu(status, daemon, snooze),
    suggest: () => vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"),
    generate: () => suggestions.generateFromComment(),
    dismiss: () => {
      suggestions.dismiss();
      return vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    },
    toggle: () => settings.toggle(),
    toggleLanguage: () => {
      const language = vscode.window.activeTextEditor?.document.languageId;
      return language && settings.toggleLanguage(language);
    },
    snooze: () => chooseSnooze(snooze),
    chooseModel: () => chooseModel(daemon),
    why: () => receipts.show(),
    doctor: () => doctor(context),
    restart: () => daemon.restart(),
    showLog: () => log.show(),
    install: () => daemon.install(),
    "chat.new": async () => (await loadChat()).startConversation(),
    "chat.history": async () => (await loadChat()).showConversations(),
    "chat.ask": async () => (await loadChat()).askAboutSelection(),
  };
  context.subscriptions.push(
    log,
    snooze,
    suggestions,
    status,
    tasks,
    ...Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(`codegeex.${name}`, command)),
    vscode.window.registerWebviewViewProvider("codegeex.chat", {
      resolveWebviewView: async (view) => (await loadChat()).resolve(view),
    }),
    vscode.workspace.onDidCloseTextDocument((document) => receipts.forget(document)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => daemon.start()),
    vscode.workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("codegeex") ? daemon.applySettings(change) : undefined,
    ),
  );
  activeDaemon = daemon;
  void daemon.start();
  return { daemon, status, snooze };
}

export function deactivate(): Promise<void> | undefined {
  return activeDaemon?.stop();
}
