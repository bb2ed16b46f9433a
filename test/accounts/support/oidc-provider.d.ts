/** As much of the package as the test provider uses; it has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
  interface Context {
    readonly oidc: {
      readonly client?: { readonly clientId: string }
      readonly session?: { readonly accountId?: string }
      readonly provider: { readonly Grant: new (of: { clientId: string; accountId: string }) => Grant }
    }
  }
  export interface Configuration {
    readonly interactions?: { url(context: Context, interaction: { readonly uid: string }): string }
    readonly findAccount?: (context: Context, subject: string) => { accountId: string; claims(): object }
    readonly loadExistingGrant?: (context: Context) => Promise<Grant>
    readonly [setting: string]: unknown
  }
  export class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}
