import { Injectable } from '@nestjs/common'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import { SettingsStore } from '../store/settings.store.js'
import type { HealthResponse } from './dto/health.dto.js'

/** Is the process alive, can it serve, and how is it doing. */
@Injectable()
export class HealthService {
  readonly registry = new Registry()
  private readonly requests: Counter<'operation' | 'status'>
  private stopping = false

  constructor(
    private readonly engine: Engine,
    private readonly settings: SettingsStore,
  ) {
    collectDefaultMetrics({ register: this.registry, prefix: 'berth_' })
    this.requests = new Counter({
      name: 'berth_http_requests_total',
      help: 'Answers over REST',
      labelNames: ['operation', 'status'],
      registers: [this.registry],
    })
    gauge('berth_engine_up', 'Does the engine answer', this.registry, () => (this.engine.state.up ? 1 : 0))
    gauge('berth_engine_sockets', 'Connections to the engine in use', this.registry, () => this.engine.openSockets)
    gauge('berth_engine_listeners', 'Listeners to what the engine tells', this.registry, () => this.engine.listeners)
    gauge('berth_inventory_stale', 'Is the inventory being listed again', this.registry, () => (this.engine.inventory.stale ? 1 : 0))
    gauge('berth_containers', 'Containers on the engine', this.registry, () => this.engine.inventory.containers.size)
  }

  /** The process runs. */
  live(_grant: Grant<'HealthLive'>): HealthResponse {
    return { status: 'ok' }
  }

  /** @throws AppError STOPPING, ENGINE_UNAVAILABLE, INTERNAL when the database does not answer */
  async ready(_grant: Grant<'HealthReady'>): Promise<HealthResponse> {
    if (this.stopping) throw new AppError('STOPPING')
    await this.settings.get('witness_key')
    if (!this.engine.state.up) throw new AppError('ENGINE_UNAVAILABLE')
    return { status: 'ok' }
  }

  /** In the text format of Prometheus. */
  metrics(_grant: Grant<'Metrics'>): Promise<string> {
    return this.registry.metrics()
  }

  /** One answer went out. */
  answered(operation: string, status: number): void {
    this.requests.inc({ operation, status: String(status) })
  }

  /** From now on load balancers are told to send nobody here. */
  beginStop(): void {
    this.stopping = true
  }
}

function gauge(name: string, help: string, registry: Registry, read: () => number): void {
  const made = new Gauge({
    name,
    help,
    registers: [],
    collect() {
      this.set(read())
    },
  })
  registry.registerMetric(made)
}
