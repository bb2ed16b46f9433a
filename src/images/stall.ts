import { AppError, type ErrorCode } from '../common/errors.js'

/**
 * The items as they come; throws when none comes for so long (ms). The engine itself waits for ever for a registry that
 * has begun to answer and then says nothing (measured on 20.10), and every later pull of the layer waits with it.
 */
export async function* unlessStalled<T>(items: AsyncGenerator<T>, limit: number, code: ErrorCode): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await within(items.next(), limit, code)
      if (next.done) return
      yield next.value
    }
  } finally {
    await items.return(undefined).catch(() => undefined)
  }
}

async function within<T>(promise: Promise<T>, limit: number, code: ErrorCode): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new AppError(code, { reason: 'the registry stopped answering' })), limit)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
