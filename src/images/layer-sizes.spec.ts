import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { chainIds, layerFacts } from './layer-sizes.js'

const step = (CreatedBy: string, Size = 0) => ({ CreatedBy, Size })
const sizes = (digests: string[], ...newestFirst: ReturnType<typeof step>[]) => layerFacts(digests, newestFirst).map(({ size }) => size)

describe('chainIds', () => {
  it('is the digest itself for the lowest layer, and a digest of both for each above', () => {
    const second = `sha256:${createHash('sha256').update('sha256:a sha256:b').digest('hex')}`
    expect(chainIds(['sha256:a', 'sha256:b'])).toEqual(['sha256:a', second])
    expect(chainIds([])).toEqual([])
  })

  it('tells the same layer at two places apart', () => {
    expect(chainIds(['sha256:a', 'sha256:b'])[1]).not.toBe(chainIds(['sha256:c', 'sha256:b'])[1])
  })
})

describe('layerFacts', () => {
  it('gives the sizes to the steps that made layers, lowest first', () => {
    const nop = '/bin/sh -c #(nop) '
    expect(
      sizes(['a', 'b'], step(`${nop} CMD ["sh"]`), step('/bin/sh -c make', 7), step(`${nop} ENV x=1`), step(`${nop} ADD file:1 in / `, 5)),
    ).toEqual([5, 7])
  })

  it('knows a layer without bytes by its instruction', () => {
    expect(sizes(['a', 'b', 'c'], step('RUN true'), step('ENV a=b'), step('WORKDIR /x'), step('COPY . /', 3))).toEqual([3, 0, 0])
  })

  it('takes the steps with bytes where those without are of an unknown kind', () => {
    expect(sizes(['a'], step('something new'), step('COPY . /', 3))).toEqual([3])
  })

  it('says nothing rather than something wrong', () => {
    expect(sizes(['a', 'b', 'c'], step('COPY . /', 3))).toEqual([null, null, null])
  })
})
