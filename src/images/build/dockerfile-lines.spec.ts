import { describe, expect, it } from 'vitest'
import { dockerfileLines } from './dockerfile-lines.js'

const texts = (text: string) => dockerfileLines(Buffer.from(text)).lines.map((line) => line.text)
const problem = (text: string | Buffer) => {
  try {
    dockerfileLines(Buffer.from(text))
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

describe('dockerfileLines', () => {
  it('leaves out comments and empty lines, and numbers what is left', () => {
    const { lines } = dockerfileLines(Buffer.from('# a\n\nFROM x\n  # b\n  RUN y\n'))
    expect(lines).toEqual([
      { line: 3, text: 'FROM x' },
      { line: 5, text: 'RUN y' },
    ])
  })

  it.each([
    ['RUN a \\\n  b', ['RUN a   b']],
    ['RUN a \\  \n  b', ['RUN a   b']],
    ['RUN a \\\n# no\n\n  b \\\n c', ['RUN a   b  c']],
    ['RUN a \\\r\n b\r\n', ['RUN a  b']],
    ['RUN a \\', ['RUN a']],
    ['# escape=`\nRUN a `\nb \\\n', ['RUN a b \\']],
    ['\uFEFFFROM x', ['FROM x']],
    ['RUN a \\\nFROM evil', ['RUN a FROM evil']],
  ])('joins %j', (text, expected) => expect(texts(text)).toEqual(expected))

  it('takes directives only before everything else', () => {
    expect(texts('FROM x\n# escape=`\nRUN a \\\nb')).toEqual(['FROM x', 'RUN a b'])
    expect(texts('# just words\n# escape=`\nRUN a \\\nb')).toEqual(['RUN a b'])
  })

  it.each([
    ['# syntax=docker/dockerfile:1\nFROM x', /line 1: # syntax= is not offered/],
    ['# escape=`\n#  SYNTAX = evil/frontend\nFROM x', /line 2: # syntax=/],
    ['# escape=x\nFROM x', /escape must be/],
    ['RUN a\\\\\nFROM b', /which engines take differently/],
    ['FROM x\nRUN a\0b', /line 2: it has control characters/],
    ['FROM x\nRUN a\vb', /control/],
    ['FROM x\rRUN b', /control/],
    ['FROM x\nADD \u0085http://x /y', /line 2: it has control characters/],
    ['FROM x\nENV a b \\\u00a0\nFROM y', /line 2: an instruction ends with/],
    [`RUN ${'x'.repeat(66_000)}`, /too long/],
    [Array.from({ length: 30 }, () => `${'x'.repeat(3_000)} \\`).join('\n'), /too long/],
    ['RUN x\n'.repeat(1_001), /more than 1000/],
    [Buffer.from([0x46, 0xff]), /not UTF-8/],
  ])('refuses %j', (text, expected) => expect(problem(text)).toMatch(expected))

  it.each(['# x=a', 'RUN a'])('looks at each blank of a long line once, after %j', (begin) => {
    const text = `${begin}${' '.repeat(200_000)}b`
    if (begin.startsWith('#')) expect(texts(`${text}\nFROM x`)).toEqual(['FROM x'])
    else expect(problem(text)).toMatch(/too long/)
  })
})
