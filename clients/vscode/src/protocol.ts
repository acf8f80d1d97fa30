/** The daemon's additions to LSP. The client works without those that an older daemon does not know. */

import type { InlineCompletionItem, Location, Position, Range, TextDocumentIdentifier } from "vscode-languageclient/node";

/** The URI schemes of documents that are sent to the daemon. */
export const SCHEMES = ["file", "untitled", "vscode-notebook-cell"];

export const DID_CHANGE_STATUS = "codegeex/didChangeStatus";
export interface Status {
  busy: boolean;
  kind: "Normal" | "Error" | "Warning" | "Inactive";
  message: string;
  model: string;
  /** The model that answers questions, "" if none does. */
  chat?: string;
  /** What is sent where, "" if nothing leaves the machine. */
  remote?: string;
  /** The hosts of `remote`: where questions and code to edit are sent, and where the code around the cursor is. */
  servers?: { chat?: string; completion?: string };
}

/** What a suggestion was made from. Lines count from 0; `endLine` is exclusive. */
export const CONTEXT_RECEIPT = "codegeex/contextReceipt";
export interface Receipt {
  uri: string;
  snippets: { path: string; startLine: number; endLine: number; reason: string; score: number; tokens: number }[];
  prefixTokens: number;
  suffixTokens: number;
  shown: boolean;
}

export const MODELS = "codegeex/models";
export interface Model {
  name: string;
  family: string;
  numericType: string;
  sizeBytes: number;
  fault: string;
  isDefault: boolean;
}

/** A question in a conversation. `history` replaces what the daemon remembers of it. */
export const ASK = "codegeex/ask";
export interface AskParams {
  question: string;
  conversationId: string;
  textDocument?: TextDocumentIdentifier;
  range?: Range;
  history?: { role: "user" | "assistant"; text: string }[];
}
/** Progress of an answer: an addition to its text, or what the daemon does next. */
export type AnswerProgress = { kind: "text"; text: string } | { kind: "stage"; stage: Stage };
export type Stage = "answering" | "checking" | "repairing";
export interface Source {
  path: string;
  range: Range;
  reason: string;
  uri?: string;
  symbol?: string;
}
/** The answer to a question or a task. A task's answer has code, and the edit or new file that the code is for. */
export interface Answer {
  text: string;
  code?: string;
  language?: string;
  edit?: { range: Range; newText: string; version: number };
  newUri?: string;
  conversationId?: string;
  sources: Source[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  stopped: boolean;
  model: string;
}
export const FORGET_CONVERSATION = "codegeex/forgetConversation";
export const CANCEL_PROGRESS = "window/workDoneProgress/cancel";

/** A request of the daemon: the definitions of the name at each position. */
export const DEFINITIONS = "codegeex/definitions";
export interface DefinitionsParams {
  textDocument: TextDocumentIdentifier;
  positions: Position[];
}
export type Definitions = Location[][];

/** LSP 3.18. With `codegeex: { mode: "comment" }` the answer is the code below the comment at the cursor. */
export const INLINE_COMPLETION = "textDocument/inlineCompletion";

export const DID_SHOW = "textDocument/didShowCompletion";
export const DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion";
export const DID_DISMISS = "textDocument/didDismissCompletion";
export interface SuggestionEvent {
  item: InlineCompletionItem;
  acceptedLength?: number;
}
