import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { INSTRUCTIONS } from './instruction.js'

it('docs/images.md has each instruction with its flags', () => {
  const page = readFileSync(new URL('../../../docs/images.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z]+)` \| (.*) \|$/gm)].map(([, name, flags]) => [
    name!,
    [...flags!.matchAll(/--([a-z-]+)/g)].map(([, flag]) => flag!),
  ])
  expect(Object.fromEntries(rows)).toEqual(INSTRUCTIONS)
})
