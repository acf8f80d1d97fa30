/** The connection to one daemon. Loaded when there is one to start: this is most of the extension's code. */

import { CloseAction, ErrorAction, LanguageClient, State } from "vscode-languageclient/node";
import type { Executable, LanguageClientOptions } from "vscode-languageclient/node";
import { SCHEMES } from "./protocol";
import * as settings from "./settings";


/** Its log has what went wrong with a connection; messages are `Daemon`'s, so that each comes once. */
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

/** A client of the daemon that `server` runs, not yet started. `onStopped` is called when it has ended, however that came. */
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
    // What happens to the connection is `Daemon`'s business.
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
