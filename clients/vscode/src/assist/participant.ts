/** `@codegeex` in VS Code's own chat: questions, and the tasks as slash commands. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../ask";
import { ASK } from "../protocol";
import type { Answer } from "../protocol";
import type { Task } from "../task";
import type { ReviewArgument } from "./review";
import { argumentFor, chooseTarget, completeArgument, findLanguage, findSubject } from "./subject";
import type { TaskSubject } from "./subject";

const IMPLICIT = "vscode.implicit"; // what VS Code attaches itself; the editor's document is sent anyway

/** Kept with each answer, for the next question. */
interface Metadata {
  conversationId?: string | undefined;
  converses: boolean;
}

type ChatCall = [LanguageClient, ...Parameters<vscode.ChatRequestHandler>];

export async function answerInChat(...call: ChatCall): Promise<vscode.ChatResult> {
  const [client, request, context, stream, token] = call;
  const task = request.command as Task | undefined;
  const subject = await findSubject(client, undefined);
  if (task && !subject) throw new Error(vscode.l10n.t("Open a file and put the cursor in the code you mean."));
  const argument =
    task && subject
      ? await slashArgument(client, task, subject, request.prompt)
      : questionArgument(client, subject, request, context);
  if (!argument) return {};
  const before = subject?.document.getText() ?? "";
  let streamed = "";
  const answer = await ask(client, task ? `codegeex.${task}` : ASK, argument, token, {
    onText: (text) => {
      streamed += text;
      stream.markdown(text);
    },
    onStage: (stage) => {
      if (stage !== "repairing") return;
      streamed = "";
      stream.markdown(`\n\n*${vscode.l10n.t("The check found an error. Trying again:")}*\n\n`);
    },
  });
  // The places that a model which does not converse answers with are not streamed.
  if (answer.text.startsWith(streamed)) stream.markdown(answer.text.slice(streamed.length));
  for (const note of [...answer.notices, ...answer.warnings]) stream.markdown(`\n\n*${note}*`);
  listReferences(answer, stream);
  if (task && subject && !answer.stopped && (answer.edit ?? answer.newUri !== undefined)) {
    const change: ReviewArgument = { task, uri: subject.document.uri, before, argument, answer };
    stream.button({ command: "codegeex.review", title: vscode.l10n.t("Review"), arguments: [change] });
  }
  const metadata: Metadata = { conversationId: answer.conversationId, converses: answer.converses };
  return { metadata };
}

/** Return the argument of a slash command; `prompt` has what the user would otherwise be asked for. */
async function slashArgument(
  client: LanguageClient,
  task: Task,
  subject: TaskSubject,
  prompt: string,
): Promise<object | undefined> {
  const words = prompt.trim();
  if (task === "translate") {
    const target = words ? findLanguage(words) : await chooseTarget(subject.document.languageId);
    return target ? { ...subject.argument, target } : undefined;
  }
  if (task === "edit" && words) return { ...subject.argument, instruction: words };
  if (task === "fix" && words) return { ...subject.argument, diagnostic: { message: words } };
  return completeArgument(client, task, subject);
}

function questionArgument(
  client: LanguageClient,
  subject: TaskSubject | undefined,
  { prompt, references }: vscode.ChatRequest,
  context: vscode.ChatContext,
): object {
  // The daemon finds mentions in the text (`#file:…`); attached files have to be added to it.
  const attached = references
    .filter(({ id, range }) => !range && !id.startsWith(IMPLICIT))
    .flatMap(({ value }) => fileIn(value));
  const mentions = [...new Set(attached)].map((file) => `#file:"${vscode.workspace.asRelativePath(file)}"`);
  const { turns, conversationId } = historyOf(context);
  const about = subject && argumentFor(client, subject.document, subject.range ?? new vscode.Range(0, 0, 0, 0));
  return {
    question: [prompt, ...mentions].join("\n"),
    history: turns,
    ...(conversationId && { conversationId }),
    ...(about && { textDocument: { uri: about.uri }, range: about.range }),
  };
}

function fileIn(value: unknown): vscode.Uri[] {
  if (value instanceof vscode.Uri) return [value];
  return value instanceof vscode.Location ? [value.uri] : [];
}

/** Return the questions of VS Code's conversation that a model answered, and the daemon's id of it. */
function historyOf({ history }: vscode.ChatContext): { turns: object[]; conversationId: string | undefined } {
  const turns: object[] = [];
  let conversationId: string | undefined;
  let request: vscode.ChatRequestTurn | undefined;
  for (const turn of history) {
    if (turn instanceof vscode.ChatRequestTurn) {
      request = turn;
      continue;
    }
    if (!(turn instanceof vscode.ChatResponseTurn) || !request) continue;
    const { converses, conversationId: kept } = (turn.result.metadata ?? {}) as Partial<Metadata>;
    const parts = turn.response.map((part) => (part instanceof vscode.ChatResponseMarkdownPart ? part.value.value : ""));
    const text = parts.join("");
    if (converses && text) {
      turns.push({ role: "user", text: request.prompt || `/${request.command}` }, { role: "assistant", text });
      conversationId = kept ?? conversationId;
    }
    request = undefined;
  }
  return { turns, conversationId };
}

/** List what the model was shown below the answer. */
function listReferences({ sources }: Answer, stream: vscode.ChatResponseStream): void {
  for (const { uri, range } of sources) {
    if (!uri) continue;
    const { start, end } = range;
    stream.reference(new vscode.Location(vscode.Uri.parse(uri), new vscode.Range(start.line, 0, end.line, 0)));
  }
}
