import { describe, expect, it } from 'vitest'
import { AppError } from '../../common/errors.js'
import { sized } from './terminal-size.js'

describe('the size of a new terminal', () => {
  const failing = () => Promise.reject(new AppError('ENGINE_ERROR'))

  it.each<[string, () => Promise<boolean>]>([
    ['the process has ended', async () => false],
    ['all is gone', () => Promise.reject(new AppError('NOT_FOUND'))],
  ])('is no matter where %s', async (_, isRunning) => {
    await expect(sized(failing, isRunning)).resolves.toBeUndefined()
  })

  it('is no matter where the engine notices the end a moment later', async () => {
    const states = [true, true, false]
    await sized(failing, async () => states.shift()!)
    expect(states).toEqual([])
  })

  it.each<[string, () => Promise<boolean>]>([
    ['the process runs on', async () => true],
    ['nothing is known of it', () => Promise.reject(new AppError('ENGINE_UNAVAILABLE'))],
  ])('fails as it failed where %s', async (_, isRunning) => {
    await expect(sized(failing, isRunning)).rejects.toMatchObject({ code: 'ENGINE_ERROR' })
  })
})
