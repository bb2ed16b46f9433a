import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again until it succeeds; throws the last failure after `ms`. */
export async function eventually<T>(ask: () => Promise<T>, ms = 20_000): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(100)
    }
  }
}
