import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TerminalSessionStore } from '../../src/store/terminal-sessions.store.js'
import type { ExecStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { unjudged } from '../support/unjudged.js'
import { Screen } from './screen.js'
import { engineOf, ownedContainer, type Owned, rawSocket, runs, streamsOf, until } from './support.js'

const GRACE_SECONDS = 3

let s: Scenario
let team: Team
let ann: Actor
let bob: Actor
let streams: Streams
let bobs: Streams
let box: Owned

beforeAll(async () => {
  s = await scenario({ env: { BERTH_TERMINAL_GRACE: String(GRACE_SECONDS) } })
  team = await s.team('terminals')
  ann = await s.user('ann', { terminals: 'developer' })
  bob = await s.user('bob', { terminals: 'developer' })
  streams = streamsOf(ann)
  bobs = streamsOf(bob)
  box = await ownedContainer(s, team)
})
afterAll(async () => {
  streams?.close()
  bobs?.close()
  await s?.end()
})

const SHELL = { command: ['sh'], tty: true, rows: 24, cols: 80 }
const shell = (params: object = {}) => streams.exec({ container: box.name, ...SHELL, ...params })

/** Cuts the connection below socket.io, as a network does; the client connects again by itself. */
function cut(of: Streams): void {
  of.socket.io.engine.close()
}

interface Sessions {
  items: {
    id: string
    kind: string
    owner: string
    recorded: boolean
    participants: { username: string; role: string }[] | null
    endReason: string
  }[]
}
const listed = (actor: Actor, query = '') => actor.ok<Sessions>('GET', `/terminal-sessions${query}`)
const isListed = async (id: string) => (await listed(ann)).items.some((item) => item.id === id)

describe('a connection that is lost', () => {
  it('is come back from, and nothing is missing', async () => {
    const lines = 4_000
    const exec = await streams.exec({
      container: box.id,
      command: [
        'sh',
        '-c',
        `read go; i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 100)) = 0 ] && usleep 20000; done; exit 9`,
      ],
    })
    const screen = new Screen(exec)
    await exec.write('go\n')
    for (let round = 1; round <= 4; round++) {
      await screen.shows(`line ${round * 500}\n`)
      cut(streams)
    }
    expect(await exec.ended).toMatchObject({ reason: 'exited', exitCode: 9 })
    await screen.done
    expect(screen.text).toBe(Array.from({ length: lines }, (_, i) => `line ${i + 1}\n`).join(''))
  })

  it('finds the shell as it was', async () => {
    const exec = await shell()
    const screen = new Screen(exec)
    await screen.type('HERE=still-here')
    await screen.shows('still-here')
    cut(streams)
    await until('it is back', () =>
      exec.resize({ rows: 25, cols: 80 }).then(
        () => true,
        () => false,
      ),
    )
    await screen.type('echo [$HERE]; exit 4')
    expect(await exec.ended).toMatchObject({ reason: 'exited', exitCode: 4 })
    expect(screen.text).toContain('[still-here]')
  })

  it('gives the rest and the exit code, also when it ended meanwhile', async () => {
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    const ack = await raw.ask('stream:open', {
      kind: 'container.exec',
      params: { container: box.id, command: ['sh', '-c', 'echo one; sleep 0.5; echo two; exit 6'] },
    })
    await until('the first line', () => raw.of('stream:data').length > 0)
    raw.socket.disconnect()
    await new Promise((done) => setTimeout(done, 1_000))
    const back = await streams.exec({ session: ack['session'] as string, cursor: 4 })
    const screen = new Screen(back)
    expect(await back.ended).toMatchObject({ reason: 'exited', exitCode: 6 })
    await screen.done
    expect(screen.text).toBe('two\n')
  })

  it('ends the command when nobody comes back', async () => {
    const exec = await streams.exec({ container: box.id, command: ['sleep', '7331'] })
    const { session } = exec
    const other = streamsOf(ann)
    streams.close()
    streams = streamsOf(ann)
    await until('it is ended', async () => !(await runs(s, box.id, '7331')), 15_000)
    await expect(other.exec({ session })).rejects.toMatchObject({ code: 'not_found' })
    await until('it is not listed', async () => !(await isListed(session)))
    other.close()
  })

  it('keeps the process waiting, and not its output in memory', async () => {
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    const command = ['sh', '-c', 'head -c 20000000 /dev/zero; echo done']
    const ack = await raw.ask('stream:open', { kind: 'container.exec', params: { container: box.id, command } })
    expect(ack.ok).toBe(true)
    const size = () =>
      raw
        .of('stream:data')
        .reduce((sum, { frames }) => sum + (frames as { data: Buffer }[]).reduce((all, { data }) => all + data.length, 0), 0)
    await until('the window is full', () => size() > 200_000)
    raw.socket.disconnect()
    // less than was received: the client may have lost what was on its way
    const back = await streams.exec({ session: ack['session'] as string, cursor: 1_000 })
    let [bytes, gaps, last] = [0, 0, '']
    for await (const frame of back) {
      if ('data' in frame) {
        bytes += frame.data.length
        last = Buffer.from(frame.data.subarray(-5)).toString()
      } else gaps++
    }
    expect({ bytes, gaps, last }).toEqual({ bytes: 20_000_005 - 1_000, gaps: 0, last: 'done\n' })
  })

  it.each([
    ['a session that there is not', { session: '00000000-0000-4000-8000-000000000000' }, 'not_found'],
    ['a session that is no id', { session: 'x' }, 'invalid_request'],
    ['a cursor without a session', { container: 'x', command: ['true'], cursor: 5 }, 'invalid_request'],
    ['a session and a container', { session: '00000000-0000-4000-8000-000000000000', container: 'x' }, 'invalid_request'],
    ['a session and a command', { session: '00000000-0000-4000-8000-000000000000', command: ['true'] }, 'invalid_request'],
    ['neither', {}, 'invalid_request'],
  ])('refuses %s', async (_, params, code) => {
    await expect(streams.exec(params as never)).rejects.toMatchObject({ code })
  })

  it('refuses a cursor behind the end, and a session of the other kind', async () => {
    const exec = await shell()
    await expect(streams.exec({ session: exec.session, cursor: 1e9 })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/params/cursor' }],
    })
    await expect(streams.attach({ session: exec.session })).rejects.toMatchObject({ code: 'not_found' })
    await exec.close()
  })
})

describe('several at one terminal', () => {
  it('the owner types, a peer types, an observer watches', async () => {
    const exec = await shell()
    const screen = new Screen(exec)
    await screen.type('echo from the owner')
    await screen.shows('from the owner')

    const observer = await bobs.exec({ session: exec.session })
    expect(observer.opened).toMatchObject({ role: 'observer', tty: true, containerId: box.id })
    const watched = new Screen(observer)
    await watched.shows('from the owner')
    await expect(observer.write('x')).rejects.toMatchObject({ code: 'terminal_watch_only' })
    await expect(observer.resize({ rows: 5, cols: 5 })).rejects.toMatchObject({ code: 'terminal_not_owner' })

    const peer = await bobs.exec({ session: exec.session, role: 'peer' })
    const typed = new Screen(peer)
    await typed.type('echo from a $((1+1))nd')
    for (const each of [screen, watched, typed]) await each.shows('from a 2nd')
    await expect(peer.resize({ rows: 5, cols: 5 })).rejects.toMatchObject({ code: 'terminal_not_owner' })
    await expect(peer.end()).rejects.toMatchObject({ code: 'terminal_not_owner' })

    const { items } = await listed(bob)
    expect(items.find(({ id }) => id === exec.session)).toMatchObject({
      kind: 'exec',
      owner: ann.username,
      participants: [
        { username: ann.username, role: 'owner' },
        { username: bob.username, role: 'observer' },
        { username: bob.username, role: 'peer' },
      ],
    })
    await screen.type('exit 2')
    for (const each of [exec, observer, peer]) expect(await each.ended).toMatchObject({ reason: 'exited', exitCode: 2 })
  })

  it('are told who is there and how large it is', async () => {
    const exec = await shell()
    const notices: object[] = []
    const owner = (async () => {
      for await (const frame of exec) if (!('data' in frame)) notices.push(frame)
    })()
    const observer = await bobs.exec({ session: exec.session })
    const seen: object[] = []
    const watching = (async () => {
      for await (const frame of observer) if (!('data' in frame)) seen.push(frame)
    })()
    await exec.resize({ rows: 30, cols: 100 })
    await until('the new size', () => seen.some((frame) => 'rows' in frame && frame.rows === 30))
    expect(seen).toContainEqual({ type: 'size', rows: 24, cols: 80 })
    await observer.close()
    await watching
    await until('the owner knows', () => notices.length === 2)
    const people = (...others: object[]) => ({ type: 'participants', participants: [{ username: ann.username, role: 'owner' }, ...others] })
    expect(notices).toEqual([people({ username: bob.username, role: 'observer' }), people()])
    await exec.close()
    await owner
  })

  it.each([
    ['none', 'observer', 'terminal_not_shared'],
    ['none', 'peer', 'terminal_not_shared'],
    ['observers', 'peer', 'terminal_not_shared'],
    ['observers', 'observer', null],
    ['peers', 'owner', 'terminal_not_owner'],
  ] as const)('shared with %s, another as %s', async (share, role, code) => {
    const exec = await shell({ share })
    const joining = bobs.exec({ session: exec.session, role })
    if (code) await expect(joining).rejects.toMatchObject({ code })
    else await (await joining).close()
    await exec.close()
  })

  it('an owner who comes back takes the place of a dead connection', async () => {
    const exec = await shell()
    const again = await streams.exec({ session: exec.session })
    expect(await exec.ended).toMatchObject({ reason: 'taken_over' })
    const screen = new Screen(again)
    await screen.type('echo $((3*7)); exit')
    expect(await again.ended).toMatchObject({ reason: 'exited' })
    expect(screen.text).toContain('21')
  })

  it('a frozen observer stops nobody, and is told what it missed', async () => {
    const exec = await streams.exec({ container: box.id, command: ['sh', '-c', 'read go; head -c 6000000 /dev/zero'] })
    const raw = await rawSocket(s.url, { token: bob.accessToken })
    const ack = await raw.ask('stream:open', { kind: 'container.exec', params: { session: exec.session, credit: 65_536 } })
    expect(ack).toMatchObject({ ok: true, role: 'observer' })
    const reading = (async () => {
      let bytes = 0
      for await (const frame of exec) if ('data' in frame) bytes += frame.data.length
      return bytes
    })()
    await exec.write('go\n')
    expect(await reading).toBe(6_000_000)
    await raw.ask('stream:credit', { streamId: ack.streamId, bytes: 8_000_000 })
    await until('its end', () => raw.end(ack.streamId))
    const received = raw
      .of('stream:data')
      .reduce((sum, { frames }) => sum + (frames as { data?: Buffer }[]).reduce((all, { data }) => all + (data?.length ?? 0), 0), 0)
    const dropped = raw.of('stream:gap').reduce((sum, gap) => sum + (gap['dropped'] as number), 0)
    expect(dropped).toBeGreaterThan(0)
    expect(received + dropped).toBe(6_000_000)
    raw.socket.disconnect()
  })

  it('who left by ctrl-p ctrl-q is gone, the others go on', async () => {
    const exec = await shell()
    const peer = await bobs.exec({ session: exec.session, role: 'peer' })
    const screen = new Screen(peer)
    await exec.write('\x10\x11')
    expect(await exec.ended).toMatchObject({ reason: 'detached' })
    await screen.type('echo $((5*5)); exit')
    expect(await peer.ended).toMatchObject({ reason: 'exited' })
    expect(screen.text).toContain('25')
  })

  it('is for those who may open one: another team finds nothing, a viewer may not', async () => {
    const exec = await shell()
    const eve = await s.user('eve', { elsewhere: 'developer' })
    const vic = await s.user('vic', { terminals: 'viewer' })
    const [eves, vics] = [streamsOf(eve), streamsOf(vic)]
    await expect(eves.exec({ session: exec.session })).rejects.toMatchObject({ code: 'not_found' })
    await expect(vics.exec({ session: exec.session })).rejects.toMatchObject({ code: 'permission_denied' })
    expect((await listed(eve)).items).toEqual([])
    eves.close()
    vics.close()
    await exec.close()
  })
})

describe('rights that are lost', () => {
  it('end the command of an owner who is there', async () => {
    const dan = await s.user('dan', { terminals: 'developer' })
    const dans = streamsOf(dan)
    const exec = await dans.exec({ container: box.id, command: ['sleep', '8441'] })
    await s.admin.ok('PUT', `/teams/${team.name}/members/${dan.userId}`, { role: 'viewer' })
    expect(await exec.ended).toMatchObject({ reason: 'revoked' })
    await until('it is ended', async () => !(await runs(s, box.id, '8441')), 3_000)
    dans.close()
  })

  it('end the command of an owner who is away', async () => {
    const kim = await s.user('kim', { terminals: 'developer' })
    const raw = await rawSocket(s.url, { token: kim.accessToken })
    const ack = await raw.ask('stream:open', { kind: 'container.exec', params: { container: box.id, command: ['sleep', '8551'] } })
    expect(ack.ok).toBe(true)
    raw.socket.disconnect()
    await s.admin.ok('PATCH', `/users/${kim.userId}`, { disabled: true })
    await until('it is ended', async () => !(await runs(s, box.id, '8551')), 2_500)
  })

  it('send a peer away and nobody else', async () => {
    const exec = await shell()
    const pam = await s.user('pam', { terminals: 'developer' })
    const pams = streamsOf(pam)
    const peer = await pams.exec({ session: exec.session, role: 'peer' })
    await s.admin.ok('DELETE', `/teams/${team.name}/members/${pam.userId}`)
    expect(await peer.ended).toMatchObject({ reason: 'revoked' })
    const screen = new Screen(exec)
    await screen.type('echo $((6*6)); exit')
    expect(await exec.ended).toMatchObject({ reason: 'exited' })
    expect(screen.text).toContain('36')
    pams.close()
  })
})

describe('attach', () => {
  it('misses nothing over a lost connection, and lets go without stopping the container', async () => {
    const counter = await ownedContainer(s, team, { Cmd: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo n$i; usleep 10000; done'] })
    const attached: ExecStream = await streams.attach({ container: counter.id })
    const screen = new Screen(attached)
    await until('some lines', () => screen.text.length > 50)
    cut(streams)
    const before = screen.text.length
    await until('more lines', () => screen.text.length > before + 300, 20_000)
    await attached.close()
    await screen.done.catch(() => undefined)
    const numbers = screen.text
      .split('\n')
      .slice(0, -1)
      .map((line) => Number(line.trim().slice(1)))
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index))
    expect((await engineOf(s).containers.inspect(counter.id)).State.Running).toBe(true)
    await until('the session is over', async () => !(await isListed(attached.session)))
  })
})

describe('recording', () => {
  it('is written before it is shown, is replayed by maintainers, and holds no input', async () => {
    const mia = await s.user('mia', { terminals: 'maintainer' })
    expect(await ann.ok('GET', `/teams/${team.name}/terminals`)).toEqual({ record: false })
    await s.admin.ok('PUT', `/teams/${team.name}/terminals`, { record: true })
    try {
      const exec = await shell()
      const screen = new Screen(exec)
      // the mark comes once the terminal no longer echoes
      await screen.type('stty -echo; printf "%s\\n" $((6*7))$((6*7)); read SECRET')
      await screen.shows('4242')
      await screen.type('typed-but-not-shown')
      await screen.type('printf "gr\\303\\274n %s\\n" $((9*9))')
      await screen.shows('grün 81')
      const live = await mia.http.get(`/terminal-sessions/${exec.session}/recording`).buffer(true).expect(200)
      expect(live.text).toContain('grün 81')
      await exec.resize({ rows: 50, cols: 132 })
      await screen.type('exit 1')
      await exec.ended
      await screen.done

      await until('it is in the list', async () => (await listed(mia, '?ended=true')).items.some(({ id }) => id === exec.session))
      expect((await listed(mia, '?ended=true')).items.find(({ id }) => id === exec.session)).toMatchObject({
        recorded: true,
        endReason: 'exited',
        exitCode: 1,
      })
      const { text } = await mia.http
        .get(`/terminal-sessions/${exec.session}/recording`)
        .buffer(true)
        .expect(200)
        .expect('content-type', /asciicast/)
      const [header, ...events] = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as [number, string, string])
      expect(header).toMatchObject({ version: 2, width: 80, height: 24 })
      expect(
        events
          .filter(([, kind]) => kind === 'o')
          .map(([, , data]) => data)
          .join(''),
      ).toBe(screen.text)
      expect(events.find(([, kind]) => kind === 'r')).toEqual([expect.any(Number), 'r', '132x50'])
      const times = events.map(([time]) => time)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(text).not.toContain('typed-but-not-shown')
      await ann.http.get(`/terminal-sessions/${exec.session}/recording`).expect(403)
    } finally {
      await s.admin.ok('PUT', `/teams/${team.name}/terminals`, { record: false })
    }
  })

  it('refuses a shell that can not be recorded', async () => {
    const folder = join(s.gateway.dataDir, 'recordings')
    await s.admin.ok('PUT', `/teams/${team.name}/terminals`, { record: true })
    await rm(folder, { recursive: true, force: true })
    await writeFile(folder, 'in the way')
    try {
      await expect(streams.exec({ container: box.id, command: ['sleep', '9119'] })).rejects.toMatchObject({ code: 'recording_failed' })
      expect(await runs(s, box.id, '9119')).toBe(false)
    } finally {
      await rm(folder)
      await mkdir(folder)
      await s.admin.ok('PUT', `/teams/${team.name}/terminals`, { record: false })
    }
  })

  it('keeps nothing where the team has it off', async () => {
    const exec = await streams.exec({ container: box.id, command: ['echo', 'unrecorded'] })
    await exec.ended
    await expect(readFile(join(s.gateway.dataDir, 'recordings', `${exec.session}.cast`))).rejects.toThrow('ENOENT')
    await until('it is forgotten', async () => !(await isListed(exec.session)))
  })
})

describe('a gateway that stops', () => {
  it('ends its commands', async () => {
    const exec = await streams.exec({ container: box.id, command: ['sleep', '6221'] })
    await s.gateway.restart()
    expect(await exec.ended).toMatchObject({ reason: 'server_stopping' })
    expect(await runs(s, box.id, '6221')).toBe(false)
    expect((await listed(ann)).items).toEqual([])
  })

  it('that dies leaves no command behind: the next one ends it', async () => {
    const { exec } = engineOf(s)
    const marker = `BERTH_EXEC=${randomUUID()}`
    const { Id } = await exec.create(box.id, unjudged({ Cmd: ['sleep', '6331'], Env: [marker] }))
    ;(await exec.start(Id, { tty: false })).close()
    await until('it runs', () => runs(s, box.id, '6331'))
    const at = { process_id: randomUUID(), gateway: 'dead:7070', started_at: new Date().toISOString() }
    const whose = { team_id: team.id, owner_id: ann.userId!, owner: ann.username, container_id: box.id, container: box.name }
    const end = { ended_at: null, end_reason: null, exit_code: null }
    const id = randomUUID()
    const row = { id, kind: 'exec' as const, tty: 0, exec: Id, marker, run_as: null, recorded: 0, ...at, ...whose, ...end }
    await s.gateway.app.get(TerminalSessionStore, { strict: false }).insert(row)
    await s.gateway.restart()
    await until('it is ended', async () => !(await runs(s, box.id, '6331')))
    expect(await isListed(id)).toBe(false)
  })
})
