/** What the daemon says beside LSP. Where an older daemon does not know one of these, the client does without. */

import type { InlineCompletionItem, Location, Position, Range, TextDocumentIdentifier } from "vscode-languageclient/node";

/** Of documents that the daemon is told of. */
export const SCHEMES = ["file", "untitled", "vscode-notebook-cell"];

export const DID_CHANGE_STATUS = "codegeex/didChangeStatus";
export interface Status {
  busy: boolean;
  kind: "Normal" | "Error" | "Warning" | "Inactive";
  message: string;
  model: string;
  /** The model that answers questions, "" where none does. */
  chat?: string;
  /** What is sent where, "" where nothing leaves the machine. */
  remote?: string;
  /** The hosts of `remote`: where questions and code to edit are sent, and where the code around the cursor is. */
  servers?: { chat?: string; completion?: string };
}

/** What a suggestion was made from; lines count from 0, `endLine` is the first that is not part of it. */
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

/** A question of a conversation. `history` takes the place of what the daemon knows of it. */
export const ASK = "codegeex/ask";
export interface AskParams {
  question: string;
  conversationId: string;
  textDocument?: TextDocumentIdentifier;
  range?: Range;
  history?: { role: "user" | "assistant"; text: string }[];
}
/** What comes of it while it is said: an addition to the text, or what the daemon is about to do. */
export type AnswerProgress = { kind: "text"; text: string } | { kind: "stage"; stage: Stage };
export type Stage = "answering" | "checking" | "repairing";
export interface Source {
  path: string;
  range: Range;
  reason: string;
  uri?: string;
  symbol?: string;
}
/** To a question, or to a task: then with code, and the edit or the new file that it is for. */
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

/** The daemon asks: the definitions behind each position. */
export const DEFINITIONS = "codegeex/definitions";
export interface DefinitionsParams {
  textDocument: TextDocumentIdentifier;
  positions: Position[];
}
export type Definitions = Location[][];

export const DID_SHOW = "textDocument/didShowCompletion";
export const DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion";
export const DID_DISMISS = "textDocument/didDismissCompletion";
export interface SuggestionEvent {
  item: InlineCompletionItem;
  acceptedLength?: number;
}
