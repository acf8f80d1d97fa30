/** Runs the tasks and shows their results before anything is changed. A bundle of its own, loaded with the first task. */

import * as vscode from "vscode";
import type { LanguageClient, Range } from "vscode-languageclient/node";
import { ask } from "../ask";
import type { Daemon } from "../daemon";
import type { Task } from "../task";
import { writeCommitMessage } from "./commit";
import { Drafts } from "./drafts";
import { Explanations } from "./explanations";
import * as languageModel from "./languageModel";
import { answerInChat } from "./participant";
import { taskTitle, withProgress } from "./progress";
import { Reviews } from "./review";
import type { ReviewArgument } from "./review";
import { completeArgument, findSubject } from "./subject";

type Respond = vscode.LanguageModelChatProvider["provideLanguageModelChatResponse"];

export class Assist implements vscode.Disposable {
  private readonly reviews = new Reviews();
  private readonly drafts = new Drafts();
  private readonly explanations = new Explanations();

  constructor(private readonly daemon: Daemon) {}

  dispose(): void {
    for (const each of [this.reviews, this.drafts, this.explanations]) each.dispose();
  }

  /** Run a task at the cursor, or on a code action's argument, and show what goes wrong. */
  async run(task: Task, given: unknown): Promise<void> {
    const { t } = vscode.l10n;
    try {
      const client = await this.waitForDaemon(task);
      if (task === "commitMessage") return await writeCommitMessage(client, given);
      const subject = await findSubject(client, given);
      if (!subject) throw new Error(t("Open a file and put the cursor in the code you mean."));
      const argument = await completeArgument(client, task, subject);
      if (!argument) return;
      const { document } = subject;
      const before = document.getText();
      const preview = task === "explain" ? this.explanations.open(taskTitle(task)) : undefined;
      const answer = await withProgress(taskTitle(task), (token, { onText, onStage }) => {
        const grow = (text: string): void => {
          preview?.grow(text);
          onText(text);
        };
        return ask(client, `codegeex.${task}`, argument, token, { onText: grow, onStage });
      });
      if (preview) return answer.text ? await preview.end(answer) : undefined;
      if (!answer.stopped) await this.review({ task, uri: document.uri, before, argument, answer });
    } catch (fault) {
      if (!(fault instanceof vscode.CancellationError)) await this.showFault(fault);
    }
  }

  async review(given: unknown): Promise<void> {
    if (!given) return this.showFault(new Error(vscode.l10n.t("This answer is from a previous session. Ask again.")));
    const { task, uri, before, argument, answer } = given as ReviewArgument;
    const { edit, code = "", language = "", newUri, warnings } = answer;
    if (edit) {
      const document = await vscode.workspace.openTextDocument(uri);
      const { start, end } = edit.range;
      const range = new vscode.Range(start.line, start.character, end.line, end.character);
      const retry = (lines: number): Promise<void> => this.run(task, shiftLines(argument, lines));
      await this.reviews.show({ document, before, range, newText: edit.newText, title: taskTitle(task), warnings, retry });
    } else if (!code.trim()) {
      await this.showFault(new Error(warnings.join("\n")));
    } else {
      const file = newUri ? vscode.Uri.parse(newUri) : undefined;
      await this.drafts.show({ code: `${code.trimEnd()}\n`, language, file, warnings });
    }
  }

  propose(document: vscode.TextDocument, range: vscode.Range, newText: string): Promise<void> {
    const title = vscode.l10n.t("Proposed in the Chat");
    const retry = (lines: number): Promise<void> => {
      const [start, end] = [range.start, range.end].map((each) => each.translate(lines));
      return this.propose(document, new vscode.Range(start!, end!), newText);
    };
    return this.reviews.show({ document, before: document.getText(), range, newText, title, warnings: [], retry });
  }

  accept(): Promise<void> {
    return this.drafts.active ? this.drafts.accept() : this.reviews.accept();
  }

  discard(): Promise<void> {
    return this.drafts.active ? this.drafts.discard() : this.reviews.discard();
  }

  /** Answer a request to `@codegeex` in VS Code's chat. */
  async answer(...call: Parameters<vscode.ChatRequestHandler>): Promise<vscode.ChatResult> {
    try {
      return await answerInChat(await this.daemon.ready(call[3]), ...call);
    } catch (fault) {
      return { errorDetails: { message: messageOf(fault) } };
    }
  }

  models(): vscode.LanguageModelChatInformation[] {
    return languageModel.models(this.daemon.status?.chat ?? "", this.daemon.status?.servers?.chat);
  }

  /** Answer another extension, or VS Code's chat, as a language model. */
  async respond(...[, messages, options, progress, token]: Parameters<Respond>): Promise<void> {
    await languageModel.respond(await this.daemon.ready(token), messages, options, progress, token);
  }

  countTokens(text: string | vscode.LanguageModelChatRequestMessage): number {
    return languageModel.countTokens(text);
  }

  /** Return the connection. If there is none yet, a notification lets the user stop waiting. */
  private async waitForDaemon(task: Task): Promise<LanguageClient> {
    const { state, client } = this.daemon;
    if (state === "running" && client) return client;
    const message = vscode.l10n.t("Waiting for the CodeGeeX server…");
    return withProgress(taskTitle(task), (token) => this.daemon.ready(token), message);
  }

  private async showFault(fault: unknown): Promise<void> {
    const { t } = vscode.l10n;
    const choose = t("Choose Model…");
    const message = messageOf(fault);
    // If the daemon's message names the setting to change, a button opens it.
    const remedies = message.includes("codegeex.model") ? [choose] : [];
    const chosen = await vscode.window.showWarningMessage(message, ...remedies);
    if (chosen === choose) await vscode.commands.executeCommand("codegeex.chooseModel");
  }
}

/** Return a task's argument with its ranges moved down by some lines. */
function shiftLines(argument: object, lines: number): object {
  const { range, diagnostic } = argument as { range?: Range; diagnostic?: { range?: Range } };
  const shift = ({ start, end }: Range): Range => ({
    start: { ...start, line: start.line + lines },
    end: { ...end, line: end.line + lines },
  });
  return {
    ...argument,
    ...(range && { range: shift(range) }),
    ...(diagnostic?.range && { diagnostic: { ...diagnostic, range: shift(diagnostic.range) } }),
  };
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
