/** The connection to one daemon. Loaded when a daemon is started, since it is most of the extension's code. */

import { CloseAction, ErrorAction, LanguageClient, State } from "vscode-languageclient/node";
import type { Executable, LanguageClientOptions } from "vscode-languageclient/node";
import { SCHEMES } from "./protocol";
import * as settings from "./settings";


/** Logs faults of the connection and shows no messages: `Daemon` shows each fault once. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  override warn(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }

  override info(message: string, data?: unknown): void {
    super.info(message, data, false);
  }
}

/** Return a client, not yet started, of the daemon that `server` describes. `onStopped` is called when it ends for any reason. */
export function createClient(
  server: Executable,
  outputChannel: NonNullable<LanguageClientOptions["outputChannel"]>,
  middleware: NonNullable<LanguageClientOptions["middleware"]>,
  onStopped: () => void,
): LanguageClient {
  const client = new QuietClient("codegeex", "CodeGeeX", server, {
    documentSelector: SCHEMES.map((scheme) => ({ scheme })),
    outputChannel,
    traceOutputChannel: outputChannel,
    initializationOptions: settings.forDaemon,
    middleware: {
      ...middleware,
      workspace: {
        configuration: async (params, token, next) => {
          const values = await next(params, token);
          if (!Array.isArray(values)) return values;
          return values.map((value, i) => (params.items[i]?.section === "codegeex" ? settings.forDaemon() : value));
        },
      },
    },
    // `Daemon` decides what happens when the connection ends.
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    initializationFailedHandler: () => false,
  });
  client.registerFeature({
    fillClientCapabilities: (capabilities) => {
      capabilities.experimental = { codegeex: { definitions: true } };
    },
    getState: () => ({ kind: "static" }),
    initialize: () => undefined,
    clear: () => undefined,
  });
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped) onStopped();
  });
  return client;
}
