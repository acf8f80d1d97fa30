/**
 * Answers the daemon's requests for definitions: the language server of this window knows them better than any index.
 *
 * It returns the definition of a name and that of its type, since a variable's own line says less than its class.
 */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import * as protocol from "./protocol";

const PROVIDERS = ["vscode.executeTypeDefinitionProvider", "vscode.executeDefinitionProvider"];

export function answerDefinitions(client: LanguageClient): void {
  client.onRequest(protocol.DEFINITIONS, (params: protocol.DefinitionsParams): Promise<protocol.Definitions> => {
    const { textDocument, positions } = params;
    const uri = client.protocol2CodeConverter.asUri(textDocument.uri);
    return Promise.all(
      positions.map(async (position) => {
        const at = client.protocol2CodeConverter.asPosition(position);
        const found = await Promise.all(
          PROVIDERS.map((provider) =>
            vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(provider, uri, at),
          ),
        );
        return found.flat().map((each) => {
          const [target, range] = "uri" in each ? [each.uri, each.range] : [each.targetUri, each.targetRange];
          return { uri: target.toString(), range: client.code2ProtocolConverter.asRange(range) };
        });
      }),
    );
  });
}
