import { describe, expect, it } from 'vitest'
import type { ContainerDetail, ContainerEntry } from '../engine/index.js'
import { explain } from './explain.js'

function container(entry: Partial<ContainerEntry>, detail: Partial<ContainerDetail> = {}): ContainerEntry {
  return {
    state: 'exited',
    command: 'app',
    detail: { exitCode: 0, oomKilled: false, tty: false, openStdin: false, error: '', ...detail },
    ...entry,
  } as ContainerEntry
}

describe('explain', () => {
  it.each([
    ['out of memory, whatever the code', container({}, { exitCode: 137, oomKilled: true }), 'memory'],
    ['a shell', container({ command: 'bash' }), 'tty and openStdin'],
    ['a shell by its path', container({ command: '/bin/sh' }), 'tty and openStdin'],
    ['a shell with a script', container({ command: 'sh -c true' }), 'foreground'],
    ['a shell that somebody left', container({ command: 'sh' }, { tty: true, openStdin: true }), 'foreground'],
    ['a program that ended', container({}), 'foreground'],
    ['125', container({}, { exitCode: 125 }), 'code 125'],
    ['126', container({}, { exitCode: 126 }), 'executed'],
    ['127', container({}, { exitCode: 127 }), 'not found'],
    ['SIGKILL', container({}, { exitCode: 137 }), 'SIGKILL'],
    ['SIGTERM', container({}, { exitCode: 143 }), 'it was stopped'],
    ['SIGSEGV', container({}, { exitCode: 139 }), 'SIGSEGV'],
    ['a real-time signal', container({}, { exitCode: 128 + 40 }), 'signal 40'],
    ['255, which is no signal', container({}, { exitCode: 255 }), 'failed with code 255'],
    ['a failure', container({}, { exitCode: 1 }), 'failed with code 1'],
    ['never started', container({ state: 'created' }), 'never started'],
    ['128, which is no signal either', container({}, { exitCode: 128 }), 'failed with code 128'],
    ['a start that failed', container({ state: 'created' }, { error: 'OCI runtime' }), 'could not be started'],
    [
      'a command that is not there',
      container({ state: 'created' }, { error: 'OCI: exec: "x": executable file not found in $PATH' }),
      'command not found',
    ],
    ['a start that failed after others', container({}, { exitCode: 128, error: 'OCI: no space left on device' }), 'no space left'],
  ])('%s', (_, entry, text) => {
    expect(explain(entry)).toContain(text)
    expect(explain(entry)).not.toContain('OCI')
  })

  it.each(['running', 'paused', 'restarting', 'removing'] as const)('says nothing while it is %s', (state) => {
    expect(explain(container({ state }))).toBeUndefined()
  })
})
