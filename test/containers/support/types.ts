/** What these tests read of the answers. */
export interface Container {
  readonly id: string
  readonly name: string
  readonly team: string | null
  readonly image: { readonly reference: string | null; readonly id: string }
  readonly state: {
    readonly status: string
    readonly running: boolean
    readonly exitCode: number | null
    readonly explanation?: string
    readonly startedAt: string
  }
  readonly ports: readonly {
    readonly container: number
    readonly protocol: string
    readonly host: number | null
    readonly hostIp: string | null
  }[]
  readonly mounts: readonly {
    readonly type: string
    readonly name: string | null
    readonly source: string
    readonly destination: string
    readonly mode: string
    readonly rw: boolean
    readonly propagation: string
  }[]
  readonly labels: Readonly<Record<string, string>>
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export interface Volume {
  readonly name: string
  readonly team: string
  readonly anonymous: boolean
  readonly usedBy: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}
