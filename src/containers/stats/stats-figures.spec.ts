import { describe, expect, it } from 'vitest'
import type { ContainerStats } from '../../engine/index.js'
import { figuresOf } from './stats-figures.js'

const SAMPLE: ContainerStats = {
  read: '2026-11-27T21:12:35Z',
  pids_stats: { current: 3 },
  cpu_stats: { cpu_usage: { total_usage: 1_500_000_000 }, system_cpu_usage: 12_000_000_000, online_cpus: 4 },
  precpu_stats: { cpu_usage: { total_usage: 500_000_000 }, system_cpu_usage: 8_000_000_000, online_cpus: 4 },
  memory_stats: { usage: 1_000, limit: 4_000, stats: { total_inactive_file: 200, inactive_file: 100 } },
  networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { op: 'Read', value: 5 },
      { op: 'Write', value: 7 },
      { op: 'Sync', value: 100 },
      { op: 'Total', value: 112 },
      { op: 'read', value: 1 },
    ],
  },
}
const FIGURES = {
  cpu: { cores: 1, percent: 100, online: 4 },
  memory: { used: 800, limit: 4_000, percent: 20 },
  network: { received: 11, sent: 22 },
  blockIo: { read: 6, written: 7 },
  pids: 3,
}

describe('figuresOf', () => {
  it('computes as the docker CLI', () => {
    expect(figuresOf(SAMPLE)).toEqual(FIGURES)
  })

  it.each<[string, Partial<ContainerStats>, object | null]>([
    ['the first sample, which has none before it', { precpu_stats: { cpu_usage: { total_usage: 0 } } }, null],
    ['a container that does not run', { read: '0001-01-01T00:00:00Z' }, null],
    [
      'cgroup v2',
      { memory_stats: { usage: 1_000, limit: 4_000, stats: { inactive_file: 600 } } },
      { memory: { used: 400, limit: 4_000, percent: 10 } },
    ],
    [
      'a cache that is counted larger than all',
      { memory_stats: { usage: 10, limit: 100, stats: { inactive_file: 11 } } },
      { memory: { used: 10, limit: 100, percent: 10 } },
    ],
    ['no limit', { memory_stats: {} }, { memory: { used: 0, limit: 0, percent: 0 } }],
    ['no network', { networks: {} }, { network: { received: 0, sent: 0 } }],
    ['no block device', { blkio_stats: { io_service_bytes_recursive: null } }, { blockIo: { read: 0, written: 0 } }],
    [
      'a count that went back',
      { cpu_stats: { cpu_usage: { total_usage: 1 }, system_cpu_usage: 12e9, online_cpus: 4 } },
      { cpu: { cores: 0, percent: 0, online: 4 } },
    ],
    [
      'an engine that does not count cpus',
      { cpu_stats: { cpu_usage: { total_usage: 1_500_000_000, percpu_usage: [1, 2] }, system_cpu_usage: 12e9 } },
      { cpu: { cores: 0.5, percent: 50, online: 2 } },
    ],
  ])('reads %s', (_, part, wanted) => {
    expect(figuresOf({ ...SAMPLE, ...part })).toEqual(wanted && { ...FIGURES, ...wanted })
  })
})
