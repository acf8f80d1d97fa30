/** Registers the tasks' commands, the chat participant and the language model. Their code is loaded when one is first used. */

import * as vscode from "vscode";
import type { Assist } from "./assist";
import type { Daemon } from "./daemon";
import { proposalIn } from "./proposal";
import { TASKS } from "./task";
import type { Propose } from "./task";

const PARTICIPANT = "codegeex-lsp.codegeex";
const VENDOR = "codegeex";
const ACCEPTED = "codegeex.didAcceptCompletion"; // the command of each suggestion, see docs/protocol.md

/** Register all that this version of VS Code supports. The commands work in every version. */
export function registerTasks(daemon: Daemon, iconPath: vscode.Uri): vscode.Disposable & { propose: Propose } {
  let loaded: Promise<Assist> | undefined;
  const loadAssist = (): Promise<Assist> => (loaded ??= import("./assist").then((module) => new module.Assist(daemon)));
  const command = (name: string, work: (assist: Assist, ...args: unknown[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`codegeex.${name}`, async (...args: unknown[]) => work(await loadAssist(), ...args));
  const subscriptions = [
    ...TASKS.map((task) => command(task, (loaded, argument) => loaded.run(task, argument))),
    command("accept", (loaded) => loaded.accept()),
    command("discard", (loaded) => loaded.discard()),
    command("review", (loaded, change) => loaded.review(change)),
    vscode.commands.registerCommand(ACCEPTED, (...args: unknown[]) =>
      daemon.client?.sendRequest("workspace/executeCommand", { command: ACCEPTED, arguments: args }),
    ),
    { dispose: () => void loaded?.then((each) => each.dispose()) },
  ];
  void closeStaleReviews();
  if (vscode.chat?.createChatParticipant) {
    const answer: vscode.ChatRequestHandler = async (...call) => (await loadAssist()).answer(...call);
    const participant = vscode.chat.createChatParticipant(PARTICIPANT, answer);
    participant.iconPath = iconPath;
    subscriptions.push(participant);
  }
  if (vscode.lm?.registerLanguageModelChatProvider) {
    const changed = new vscode.EventEmitter<void>();
    let known = "";
    subscriptions.push(
      changed,
      daemon.onDidChange(() => {
        const now = `${daemon.status?.chat} ${daemon.status?.servers?.chat}`;
        if (now === known) return;
        known = now;
        changed.fire();
      }),
      vscode.lm.registerLanguageModelChatProvider(VENDOR, {
        onDidChangeLanguageModelChatInformation: changed.event,
        provideLanguageModelChatInformation: async () => (daemon.status?.chat ? (await loadAssist()).models() : []),
        provideLanguageModelChatResponse: async (...call) => (await loadAssist()).respond(...call),
        provideTokenCount: async (_model, text) => (await loadAssist()).countTokens(text),
      }),
    );
  }
  return {
    propose: async (...change) => (await loadAssist()).propose(...change),
    dispose: () => vscode.Disposable.from(...subscriptions).dispose(),
  };
}

/** Close the diffs that a reloaded window restores: their proposals are gone. */
async function closeStaleReviews(): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const stale = tabs.filter(proposalIn);
  if (stale.length) await vscode.window.tabGroups.close(stale);
}
