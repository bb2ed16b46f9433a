import { expect, it } from 'vitest'
import { OBJECT_NAME } from '../../access/index.js'
import { randomName } from './random-name.js'

it('makes names that a client could have given, and hardly one twice', () => {
  const names = Array.from({ length: 200 }, randomName)
  expect(names.every((name) => OBJECT_NAME.test(name))).toBe(true)
  expect(new Set(names).size).toBeGreaterThan(190)
})
