/**
 * VS Code's API for providers of language models, which came with 1.104; the other types are those of `engines`, so that
 * nothing newer is used by accident. An older editor has none of it: callers look first.
 */

declare module "vscode" {
  export class LanguageModelTextPart {
    value: string;
    constructor(value: string);
  }

  export interface LanguageModelChatInformation {
    readonly id: string;
    readonly name: string;
    readonly family: string;
    readonly tooltip?: string;
    readonly detail?: string;
    readonly version: string;
    readonly maxInputTokens: number;
    readonly maxOutputTokens: number;
    readonly capabilities: { readonly imageInput?: boolean; readonly toolCalling?: boolean | number };
  }

  export interface LanguageModelChatRequestMessage {
    readonly role: LanguageModelChatMessageRole;
    readonly content: readonly unknown[];
    readonly name: string | undefined;
  }

  export interface ProvideLanguageModelChatResponseOptions {
    readonly toolMode: number;
  }

  export interface LanguageModelChatProvider {
    readonly onDidChangeLanguageModelChatInformation?: Event<void>;
    provideLanguageModelChatInformation(
      options: { readonly silent: boolean },
      token: CancellationToken,
    ): ProviderResult<LanguageModelChatInformation[]>;
    provideLanguageModelChatResponse(
      model: LanguageModelChatInformation,
      messages: readonly LanguageModelChatRequestMessage[],
      options: ProvideLanguageModelChatResponseOptions,
      progress: Progress<LanguageModelTextPart>,
      token: CancellationToken,
    ): Thenable<void>;
    provideTokenCount(
      model: LanguageModelChatInformation,
      text: string | LanguageModelChatRequestMessage,
      token: CancellationToken,
    ): Thenable<number>;
  }

  export namespace lm {
    export const registerLanguageModelChatProvider:
      | ((vendor: string, provider: LanguageModelChatProvider) => Disposable)
      | undefined;
  }
}
