import { describe, expect, it } from 'vitest'
import type { InventoryChange, VolumeEntry } from './inventory-types.js'
import { Shelf } from './shelf.js'

const volume = (id: string, created = 1): VolumeEntry => ({
  kind: 'volume',
  id,
  engineName: id,
  driver: 'local',
  mountpoint: '/',
  created,
  labels: {},
})

function shelf() {
  const told: string[] = []
  const made = new Shelf<VolumeEntry>(({ action, id }: Omit<InventoryChange, 'revision'>) => told.push(`${action} ${id}`))
  return { shelf: made, told }
}

describe('a shelf', () => {
  it('keeps the answer to the newest question, whichever comes first', () => {
    const { shelf: made, told } = shelf()
    expect(made.put(volume('a', 2), 2)).toBe(true)
    expect(made.put(volume('a', 1), 1)).toBe(false)
    expect(made.get('a')?.created).toBe(2)
    expect(told).toEqual(['added a'])
  })

  it('does not bring back what was removed meanwhile', () => {
    const { shelf: made, told } = shelf()
    made.put(volume('a'), 1)
    made.remove('a', 3)
    made.put(volume('a'), 2)
    expect(made.all()).toEqual([])
    made.put(volume('a'), 4)
    expect(told).toEqual(['added a', 'removed a', 'added a'])
  })

  it('keeps what is newer than a list that does not have it', () => {
    const { shelf: made } = shelf()
    made.put(volume('old'), 1)
    made.put(volume('new'), 3)
    made.retain(new Set(), 2)
    expect(made.all().map(({ id }) => id)).toEqual(['new'])
  })

  it('tells no change where there is none', () => {
    const { shelf: made, told } = shelf()
    made.put(volume('a'), 1)
    made.put(volume('a'), 2)
    expect(told).toEqual(['added a'])
  })
})
