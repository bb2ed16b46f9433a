import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../common/errors.js'

/** Longest time between the end of a process and the engine's notice of it: its terminal is gone before. */
const NOTICE_MS = 500
const POLL_MS = 20

/**
 * Gives a new terminal its size. A short command has ended before that, and its output and exit code are what is wanted, so then
 * it is no failure. @throws what `resize` throws where the process runs on
 */
export async function sized(resize: () => Promise<void>, isRunning: () => Promise<boolean>): Promise<void> {
  try {
    await resize()
  } catch (error) {
    for (const end = Date.now() + NOTICE_MS; await isRunning().catch(isThere); await delay(POLL_MS)) if (Date.now() > end) throw error
  }
}

/** What is gone does not run; of what can't be asked nothing is known. */
function isThere(error: unknown): boolean {
  return !(error instanceof AppError && error.code === 'NOT_FOUND')
}
