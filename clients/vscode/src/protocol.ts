/** What the daemon says beside LSP. Where an older daemon does not know one of these, the client does without. */

import { NotificationType, RequestType, RequestType0 } from "vscode-languageclient/node";
import type { InlineCompletionItem, Location, Position, TextDocumentIdentifier } from "vscode-languageclient/node";

export interface Status {
  busy: boolean;
  kind: "Normal" | "Error" | "Warning" | "Inactive";
  message: string;
  model: string;
}

/** What a suggestion was made from; lines count from 0, `endLine` is the first that is not part of it. */
export interface Receipt {
  uri: string;
  snippets: { path: string; startLine: number; endLine: number; reason: string; score: number; tokens: number }[];
  prefixTokens: number;
  suffixTokens: number;
  shown: boolean;
}

export interface Model {
  name: string;
  family: string;
  numericType: string;
  sizeBytes: number;
  fault: string;
  isDefault: boolean;
}

export const didChangeStatus = new NotificationType<Status>("codegeex/didChangeStatus");
export const contextReceipt = new NotificationType<Receipt>("codegeex/contextReceipt");
export const models = new RequestType0<Model[], void>("codegeex/models");
export const definitions = new RequestType<
  { textDocument: TextDocumentIdentifier; positions: Position[] },
  Location[][],
  void
>("codegeex/definitions");

export const didShow = new NotificationType<{ item: InlineCompletionItem }>("textDocument/didShowCompletion");
export const didPartiallyAccept = new NotificationType<{ item: InlineCompletionItem; acceptedLength: number }>(
  "textDocument/didPartiallyAcceptCompletion",
);
export const didDismiss = new NotificationType<{ item: InlineCompletionItem }>("textDocument/didDismissCompletion");
