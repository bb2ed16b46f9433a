/** The name of a granted `seccomp=<name>`; null for what is no name of a profile. */
export function seccompGrant(option: string): string | null {
  const name = /^seccomp[=:]([a-z0-9-]{1,63})$/.exec(option)?.[1]
  return name === undefined || name === 'unconfined' ? null : name
}

/** The name of the seccomp profile that a container was created under: the engine itself only knows the content. */
export const LABEL_SECCOMP = 'berth.seccomp'
const CONTENT = 'seccomp={'

/** The security options of a container as its team named them; `named` is the label's. */
export function securityOptionsView(options: readonly string[] | null | undefined, named: string | undefined): string[] {
  return (options ?? []).map((option) => (option.startsWith(CONTENT) ? `seccomp=${named || 'custom'}` : option))
}

/** The name in a request's options, for the label; undefined where there is none. */
export function seccompIn(options: readonly string[] | undefined): string | undefined {
  for (const option of options ?? []) {
    const name = seccompGrant(option)
    if (name !== null) return name
  }
  return undefined
}
