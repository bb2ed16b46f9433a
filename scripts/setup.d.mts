/** Types of setup.mjs, which itself has to run on an older Node and so is no TypeScript. */
export const ROOT: string
export const ENGINE_PACKAGES: Readonly<Record<string, string>>
export class SetupError extends Error {}
export function installDebianPackages(wanted: Readonly<Record<string, string>>): void
export function which(command: string): string | undefined
export function step(text: string): void
export function node24(): string
export function environment(): NodeJS.ProcessEnv
