import type { ContainerStats, CpuStats } from '../../engine/index.js'
import type { StatsFigures } from '../../streams/source.js'

/**
 * What a sample says, computed as the docker CLI does (docker/cli, cli/command/container/stats_helpers.go), so that both show
 * the same. Null: the container does not run, or there is no sample before it to compute the cpu from.
 */
export function figuresOf(sample: ContainerStats): StatsFigures | null {
  const { system_cpu_usage: before } = sample.precpu_stats
  if (!isRunning(sample) || !before) return null
  return {
    cpu: cpu(sample.cpu_stats, sample.precpu_stats),
    memory: memory(sample.memory_stats),
    network: network(sample),
    blockIo: blockIo(sample),
    pids: sample.pids_stats?.current ?? 0,
  }
}

/** The engine goes on with empty samples when the container has stopped. */
export function isRunning({ read }: ContainerStats): boolean {
  return !read.startsWith('0001-')
}

function cpu(now: CpuStats, before: CpuStats): StatsFigures['cpu'] {
  const online = now.online_cpus || now.cpu_usage.percpu_usage?.length || 1
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const cores = used > 0 && passed > 0 ? (used / passed) * online : 0
  return { cores: rounded(cores, 4), percent: rounded(cores * 100, 2), online }
}

function memory({ usage = 0, limit = 0, stats = {} }: ContainerStats['memory_stats']): StatsFigures['memory'] {
  // cgroup v1 has both names, and the one without `total_` is without the children there
  const cache = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0
  const used = cache < usage ? usage - cache : usage
  return { used, limit, percent: limit > 0 ? rounded((used / limit) * 100, 2) : 0 }
}

function network({ networks = {} }: ContainerStats): StatsFigures['network'] {
  let [received, sent] = [0, 0]
  for (const { rx_bytes, tx_bytes } of Object.values(networks)) {
    received += rx_bytes
    sent += tx_bytes
  }
  return { received, sent }
}

function blockIo({ blkio_stats: { io_service_bytes_recursive: rows } }: ContainerStats): StatsFigures['blockIo'] {
  let [read, written] = [0, 0]
  for (const { op, value } of rows ?? []) {
    // `Read` on cgroup v1, `read` on v2; the others are sums of these
    if (/^r/i.test(op)) read += value
    else if (/^w/i.test(op)) written += value
  }
  return { read, written }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
