import { describe, expect, it } from 'vitest'
import type { SystemDf } from '../engine/index.js'
import { hostSpace, imageSpace, spaceOf } from './space.js'

const base = { key: 'base', size: 100 }

describe('imageSpace', () => {
  it('counts a layer once, however many images have it', () => {
    const images = [
      { pieces: [base, { key: 'a', size: 10 }], used: false },
      { pieces: [base, { key: 'b', size: 20 }], used: false },
    ]
    expect(imageSpace(images)).toEqual({ count: 2, size: 130, reclaimable: 130 })
  })

  it('does not call reclaimable what an image in use needs', () => {
    const images = [
      { pieces: [base, { key: 'a', size: 10 }], used: true },
      { pieces: [base, { key: 'b', size: 20 }], used: false },
    ]
    expect(imageSpace(images)).toEqual({ count: 2, size: 130, reclaimable: 20 })
  })
})

describe('spaceOf', () => {
  it('takes what could not be measured for nothing', () => {
    const items = [
      { size: -1, used: false },
      { size: 5, used: false },
      { size: 7, used: true },
    ]
    expect(spaceOf(items)).toEqual({ count: 3, size: 12, reclaimable: 5 })
    expect(spaceOf([])).toEqual({ count: 0, size: 0, reclaimable: 0 })
  })
})

describe('hostSpace', () => {
  it('counts as docker system df does', () => {
    const df = {
      LayersSize: 1_000,
      Images: [
        { Containers: 1, Size: 600, SharedSize: 100 },
        { Containers: 0, Size: 500, SharedSize: 100 },
      ],
      Containers: [{ State: 'running', SizeRw: 30 }, { State: 'exited', SizeRw: 4 }, { State: 'created' }],
      Volumes: [{ UsageData: { Size: 8, RefCount: 0 } }, { UsageData: { Size: 9, RefCount: 2 } }, { UsageData: null }],
      BuildCache: [
        { Size: 50, InUse: false, Shared: false },
        { Size: 60, InUse: true, Shared: false },
        { Size: 70, InUse: false, Shared: true },
      ],
    } as unknown as SystemDf
    expect(hostSpace(df)).toEqual({
      images: { count: 2, size: 1_000, reclaimable: 500 },
      containers: { count: 3, size: 34, reclaimable: 4 },
      volumes: { count: 3, size: 17, reclaimable: 8 },
      buildCache: { count: 2, size: 110, reclaimable: 50 },
    })
  })

  it('takes a host without anything', () => {
    const nothing = { count: 0, size: 0, reclaimable: 0 }
    const df = { LayersSize: 0, Images: null, Containers: null, Volumes: null, BuildCache: null }
    expect(hostSpace(df)).toEqual({ images: nothing, containers: nothing, volumes: nothing, buildCache: nothing })
  })
})
