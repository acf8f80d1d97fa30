/** The daemon's model as one of VS Code's language models, for its chat and for other extensions. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../ask";
import { ASK } from "../protocol";
import * as settings from "../settings";

const CONVERSATION = "codegeex-language-model"; // one for all: each request brings its own history
const REQUIRED = 2; // vscode.LanguageModelChatToolMode.Required, since 1.95
const CHARS_PER_TOKEN = 3;
const HAN = /[\u3400-\u9fff]/g;

interface Message {
  role: "user" | "assistant";
  text: string;
}

/**
 * The one model that the settings name, where it converses. It takes requests with tools and calls none: in its Agent mode,
 * which is how VS Code's chat begins, a model that takes none is not offered, and `@codegeex` without a model is refused.
 */
export function models(name: string, server: string | undefined): vscode.LanguageModelChatInformation[] {
  const maxOutputTokens = settings.section().get("chat.maxTokens", 1024);
  const maxPromptTokens = settings.section().get("chat.maxPromptTokens", 4096);
  return [
    {
      id: name,
      name,
      family: "codegeex",
      version: "1",
      tooltip: server ? vscode.l10n.t("Sent to {0}.", server) : vscode.l10n.t("Runs on this machine."),
      maxInputTokens: Math.max(1, maxPromptTokens - maxOutputTokens),
      maxOutputTokens,
      capabilities: { toolCalling: true, imageInput: false },
    },
  ];
}

/** Answers the last message. What the messages hold is text to the daemon: no mention in it counts, no token either. */
export async function respond(
  client: LanguageClient,
  messages: readonly vscode.LanguageModelChatRequestMessage[],
  { toolMode }: vscode.ProvideLanguageModelChatResponseOptions,
  progress: vscode.Progress<vscode.LanguageModelTextPart>,
  token: vscode.CancellationToken,
): Promise<void> {
  if (toolMode === REQUIRED) throw new Error(vscode.l10n.t("This model can't call tools."));
  const turns = conversationOf(messages);
  const question = turns.at(-1)?.role === "user" ? turns.pop()?.text : vscode.l10n.t("Continue.");
  const argument = { question, history: turns, conversationId: CONVERSATION, context: false };
  const answer = await ask(client, ASK, argument, token, {
    onText: (text) => progress.report(new vscode.LanguageModelTextPart(text)),
  });
  if (!answer.converses) throw new Error(answer.text); // another model was chosen meanwhile
}

/** About as many as the model's own: a token is some three characters of code, and a Chinese character one. */
export function countTokens(text: string | vscode.LanguageModelChatRequestMessage): number {
  const whole = typeof text === "string" ? text : textOf(text);
  const han = whole.match(HAN)?.length ?? 0;
  return han + Math.ceil((whole.length - han) / CHARS_PER_TOKEN);
}

/** Questions and answers in turn, as the daemon takes them: neighbours with one role are one turn. */
function conversationOf(messages: readonly vscode.LanguageModelChatRequestMessage[]): Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    const role = message.role === vscode.LanguageModelChatMessageRole.Assistant ? "assistant" : "user";
    const text = textOf(message);
    const last = turns.at(-1);
    if (last?.role === role) last.text += `\n\n${text}`;
    else turns.push({ role, text });
  }
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", text: vscode.l10n.t("Continue.") });
  return turns;
}

function textOf({ content }: vscode.LanguageModelChatRequestMessage): string {
  return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : "")).join("");
}
