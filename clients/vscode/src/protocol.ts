/** What the daemon says beside LSP. Where an older daemon does not know one of these, the client does without. */

import type { InlineCompletionItem, Location, Position, TextDocumentIdentifier } from "vscode-languageclient/node";

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
export interface Offered {
  item: InlineCompletionItem;
  acceptedLength?: number;
}
