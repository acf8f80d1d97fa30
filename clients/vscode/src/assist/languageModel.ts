/** The daemon's model, as one of VS Code's language models for its chat and for other extensions. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../ask";
import { ASK } from "../protocol";
import * as settings from "../settings";

const CONVERSATION = "codegeex-language-model"; // the same for all: each request brings its own history
const REQUIRED = 2; // vscode.LanguageModelChatToolMode.Required, since 1.95
const CHARS_PER_TOKEN = 3;
const HAN = /[\u3400-\u9fff]/g;

interface Message {
  role: "user" | "assistant";
  text: string;
}

/**
 * Return the description of the model that the settings name. It accepts requests with tools, and calls none: VS Code's chat
 * starts in its Agent mode, which offers no model without tools, and `@codegeex` is refused without a model.
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

/** Answer the last message. To the daemon, messages are plain text: mentions and control tokens in them have no effect. */
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
  if (!answer.converses) throw new Error(answer.text); // the user has chosen another model by now
}

/** Return an estimate of the model's own count: a token is some three characters of code, or one Chinese character. */
export function countTokens(text: string | vscode.LanguageModelChatRequestMessage): number {
  const whole = typeof text === "string" ? text : textOf(text);
  const han = whole.match(HAN)?.length ?? 0;
  return han + Math.ceil((whole.length - han) / CHARS_PER_TOKEN);
}

/** Return alternating questions and answers, as the daemon expects: adjacent messages of one role are joined. */
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
