import { type ContainerEntry, startReason } from '../engine/index.js'
import { signalName } from './dto/signal.js'

const SHELL = /^(?:\S*\/)?(?:ba|da|a|z)?sh$/

/** Why a container does not run, in a sentence for somebody who expected it to; undefined while it does. */
export function explain({ state, detail, command }: ContainerEntry): string | undefined {
  if (state === 'created') return detail?.error ? notStarted(detail.error) : 'it was created and never started'
  if ((state !== 'exited' && state !== 'dead') || !detail) return undefined
  const { exitCode, oomKilled, tty, openStdin, error } = detail
  // of the last start, whatever ended it before; a reason that is not recognised may as well be of its end
  if (error && startReason(error) !== undefined) return notStarted(error)
  if (oomKilled) return 'the kernel ended it for lack of memory: give it a higher limit in resources.memory'
  if (exitCode === 0 && SHELL.test(command) && !(tty && openStdin))
    return 'its shell had nothing to read and ended at once: run it with tty and openStdin, or give it a command that stays in the foreground'
  if (exitCode === 0) return 'its main process ended by itself; a container runs as long as a process stays in the foreground'
  // docker run itself, and what starts other programs: env, timeout, nice, chroot
  if (exitCode === 125) return 'what should have started its program failed (code 125); its logs may say why'
  if (exitCode === 126) return 'its command may not be executed (code 126)'
  if (exitCode === 127) return 'its command was not found (code 127)'
  if (exitCode > 128 && exitCode < 128 + 65) return byte(exitCode)
  return `its main process failed with code ${exitCode}; its logs may say why`
}

function notStarted(error: string): string {
  const reason = startReason(error)
  return reason === undefined ? 'it could not be started' : `it could not be started: ${reason}`
}

function byte(exitCode: number): string {
  const name = signalName(exitCode - 128)
  const hint =
    name === 'SIGKILL' ? ': it was killed, or did not end in time when it was stopped' : name === 'SIGTERM' ? ': it was stopped' : ''
  return `it was ended by ${name} (code ${exitCode})${hint}`
}
