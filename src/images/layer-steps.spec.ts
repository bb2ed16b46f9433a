import { describe, expect, it } from 'vitest'
import { layerStep } from './layer-steps.js'

describe('layerStep', () => {
  it.each([
    ['Pulling fs layer', 'waiting'],
    ['Downloading', 'downloading'],
    ['Already exists', 'exists'],
    ['Pull complete', 'done'],
    ['Retrying in 3 seconds', 'retrying'],
    ['a word of another engine', 'working'],
  ])('says %s in our words', (status, ours) => {
    expect(layerStep({ status, id: 'c700983d6328' })).toEqual({ id: 'c700983d6328', status: ours })
  })

  it('tells bytes', () => {
    expect(layerStep({ status: 'Downloading', id: 'c700983d6328', current: 5, total: 10 })).toMatchObject({ current: 5, total: 10 })
  })

  it.each([
    { status: 'Pulling from library/x', id: 'latest' },
    { status: 'Digest: sha256:1' },
    { status: 'x', id: 'docker.io/library/x@sha256:1' },
  ])('leaves out what is not about a layer: $status', (event) => {
    expect(layerStep(event)).toBeNull()
  })
})
