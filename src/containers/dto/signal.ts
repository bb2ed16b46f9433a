import { constants } from 'node:os'

const NAMES = Object.keys(constants.signals).map((name) => name.slice(3))

/** `SIGTERM`, `TERM` or `15`: the signals of Linux but the real-time ones. */
export const SIGNAL = new RegExp(`^(?:(?:SIG)?(?:${NAMES.join('|')})|[1-9]|[12]\\d|3[01])$`)

/** `SIGKILL` for 9; `signal 42` for what has no name. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found ? found[0] : `signal ${number}`
}
