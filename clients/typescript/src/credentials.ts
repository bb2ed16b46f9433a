/** What a login answers. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** End of the access token, RFC 3339. */
  readonly expiresAt: string
}

/** Refreshed this long before its end, so that a request under way does not meet it. */
const MARGIN_MS = 5_000

/** The session of a login: the tokens that are valid now, and one refresh at a time. */
export class Session {
  private refreshing: Promise<void> | null = null

  constructor(
    private tokens: Tokens,
    private readonly exchange: (refreshToken: string) => Promise<Tokens>,
    /** Told of each new pair, to keep it: the old refresh token is not valid any more. */
    private readonly onTokens: (tokens: Tokens) => void = () => undefined,
  ) {}

  get current(): Tokens {
    return this.tokens
  }

  /** An access token that is still valid for a while. */
  async token(): Promise<string> {
    if (Date.parse(this.tokens.expiresAt) - MARGIN_MS < Date.now()) await this.refresh()
    return this.tokens.accessToken
  }

  /** Exchanges the refresh token; callers at the same time share one exchange, since the token is valid once. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.exchange(this.tokens.refreshToken)
      .then((tokens) => {
        this.tokens = tokens
        this.onTokens(tokens)
      })
      .finally(() => {
        this.refreshing = null
      })
    await this.refreshing
  }
}
