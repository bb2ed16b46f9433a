/** What a figure answers, and how it is shown. */

/** Whether a bound of the project holds, with the text of it; `by` says how far off a missed one is. */
export interface Bound {
  readonly text: string
  readonly met: boolean
  readonly by: string
}

export interface Row {
  readonly figure: string
  /** A dash where the engine has no such figure. */
  readonly engine: string
  readonly gateway: string
  /** The gateway against the engine. */
  readonly compared: string
  readonly bound?: Bound
  /** Where the bound is missed: what it comes of, and what would reach it. */
  readonly why?: string
}

export const NONE = '–'

export const ms = (value: number): string => `${value < 1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`
export const perSecond = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)}/s`
export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 2 : 1)} MiB`
export const megabytesPerSecond = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB/s`
export const times = (ratio: number): string => `${ratio.toFixed(2)}×`
/** A difference with its sign. */
export const more = (difference: number, unit: (value: number) => string): string =>
  `${difference < 0 ? '−' : '+'}${unit(Math.abs(difference))}`

export function atMost(value: number, limit: number, unit: (value: number) => string): Bound {
  return { text: `≤ ${unit(limit)}`, met: value <= limit, by: unit(Math.abs(value - limit)) }
}

export function atLeast(ratio: number, limit: number): Bound {
  return { text: `≥ ${times(limit)}`, met: ratio >= limit, by: times(Math.abs(ratio - limit)) }
}

export function below(value: number, other: number, unit: (value: number) => string): Bound {
  return { text: "below the engine's", met: value < other, by: unit(Math.abs(value - other)) }
}

/** A call that must reach the engine may cost so much more than a direct one. */
export function overDirect(engine: number, gateway: number, limit = 2): Bound {
  return { ...atMost(gateway - engine, limit, ms), text: `≤ ${ms(limit)} over direct` }
}

const HEAD = ['figure', 'engine', 'gateway', 'gateway to engine', 'bound', 'verdict'] as const

/** A Markdown table, padded so that it can be read as it is. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.figure, row.engine, row.gateway, row.compared, row.bound?.text ?? '', verdict(row.bound)])
  const all = [[...HEAD], ...cells]
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  const line = (parts: readonly string[]) => `| ${parts.map((part, column) => part.padEnd(widths[column]!)).join(' | ')} |`
  return [line(HEAD), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...cells.map(line)].join('\n')
}

function verdict(bound: Bound | undefined): string {
  return bound ? (bound.met ? 'met' : `missed by ${bound.by}`) : ''
}
