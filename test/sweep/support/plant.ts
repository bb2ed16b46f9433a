/** What no gateway would make, with rows and witnesses as if it had: what a sweep has to find. */
import SqliteDatabase from 'better-sqlite3'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { BASE_IMAGE } from '../../support/bed.js'
import { type EngineAnswer, engineCall, engineJson } from '../../support/engine-http.js'
import type { SweptHost, SweptTeam } from './swept-host.js'

interface Row {
  readonly uid: string
  readonly kind: 'container' | 'volume' | 'network'
  readonly name: string
  readonly engine_id: string
  readonly team_id: string
  /** Null: another row has the object too. */
  readonly holds_name?: 1 | null
}

type Labels = Readonly<Record<'berth.uid' | 'berth.witness', string>>

/** Takes away what was planted. */
export type End = () => unknown

export class Plant {
  private readonly db: SqliteDatabase.Database
  private readonly key: Buffer

  /** The gateway has ended: nobody mends it meanwhile, and the database can be written to. */
  constructor(
    private readonly host: SweptHost,
    readonly victim: SweptTeam,
    readonly other: SweptTeam,
  ) {
    this.db = new SqliteDatabase(join(host.gateway.dataDir, 'berth.db'))
    const { value } = this.db.prepare(`select value from settings where key = 'witness_key'`).get() as { value: string }
    this.key = Buffer.from(value, 'base64')
  }

  close(): void {
    this.db.close()
  }

  call(method: string, path: string, body?: unknown): Promise<EngineAnswer> {
    return engineCall(this.host.engine.socketPath, method, path, body)
  }

  json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return engineJson<T>(this.host.engine.socketPath, method, path, body)
  }

  /** A container that admission let through. */
  async container(spec: object): Promise<{ name: string; end: End }> {
    const { uid, labels } = this.witness('container')
    const name = `bad${uid.slice(0, 6)}`
    const body = { Image: BASE_IMAGE, Cmd: ['true'], Labels: labels, ...spec }
    const { Id } = await this.json<{ Id: string }>('POST', `/containers/create?name=${this.victim.name}--${name}`, body)
    const end = this.row({ kind: 'container', uid, name, engine_id: Id })
    const remove = async (): Promise<void> => {
      end()
      await this.call('DELETE', `/containers/${Id}?force=true&v=true`)
    }
    return { name, end: remove }
  }

  /** A container of nobody's. */
  async unowned(spec: object): Promise<End> {
    const { Id } = await this.json<{ Id: string }>('POST', '/containers/create', { Image: BASE_IMAGE, Cmd: ['true'], ...spec })
    return () => this.call('DELETE', `/containers/${Id}`)
  }

  async volume(spec: object): Promise<End> {
    const { uid, labels } = this.witness('volume')
    const name = `${this.victim.name}--bad`
    await this.call('POST', '/volumes/create', { Name: name, Labels: labels, ...spec })
    const end = this.row({ kind: 'volume', uid, name: 'bad', engine_id: name })
    return async () => {
      end()
      await this.call('DELETE', `/volumes/${name}`)
    }
  }

  async network(spec: object): Promise<End> {
    const { uid, labels } = this.witness('network')
    const body = { Name: `${this.victim.name}--bad`, CheckDuplicate: true, Labels: labels, ...spec }
    const { Id } = await this.json<{ Id: string }>('POST', '/networks/create', body)
    const end = this.row({ kind: 'network', uid, name: 'bad', engine_id: Id })
    return async () => {
      end()
      await this.call('DELETE', `/networks/${Id}`)
    }
  }

  /** A row alone. */
  row(given: Omit<Row, 'team_id'>): End & (() => void) {
    const fixed = { team_id: this.victim.id, witness: 'label', state: 'live', created_at: new Date().toISOString(), holds_name: 1 }
    const columns = { ...fixed, ...given }
    const names = Object.keys(columns)
    this.db.prepare(`insert into ownership (${names.join()}) values (${names.map(() => '?').join()})`).run(...Object.values(columns))
    return () => void this.db.prepare('delete from ownership where uid = ?').run(given.uid)
  }

  /** The victim's container `web`. */
  web(): Row {
    return this.db
      .prepare(`select * from ownership where kind = 'container' and state = 'live' and name = 'web' and team_id = ?`)
      .get(this.victim.id) as Row
  }

  give(uid: string, team: SweptTeam, name: string): void {
    this.db.prepare(`update ownership set team_id = ?, name = ? where uid = ?`).run(team.id, name, uid)
  }

  /** The name of the tag that holds what the victim calls so, without `:h`. */
  tag(reference: string): string {
    return `berth.invalid/${this.victim.id}/${createHash('sha256').update(reference).digest('hex')}`
  }

  private witness(kind: Row['kind']): { uid: string; labels: Labels } {
    const uid = randomUUID()
    const proof = createHmac('sha256', this.key).update(`${kind}|${uid}|${this.victim.id}`).digest('base64url')
    return { uid, labels: { 'berth.uid': uid, 'berth.witness': proof } }
  }
}
