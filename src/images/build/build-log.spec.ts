import { describe, expect, it } from 'vitest'
import type { JobStep } from '../../jobs/index.js'
import { BuildLog } from './build-log.js'

function logged(steps: string[], streams: string[], end: 'done' | 'failed' = 'done', args: Record<string, string> = {}) {
  const told = new Map<string, JobStep>()
  const log = new BuildLog((step) => told.set(step.id, step), new Map(Object.entries(args)))
  log.plan = { steps, stages: 1 }
  for (const stream of streams) log.take({ status: '', stream })
  log.end(end)
  return [...told.values()].map(({ id, status, detail }) => `${id}: ${status} ${detail ?? ''}`)
}

const STREAMS = [
  'Step 1/4 : FROM sha256:1',
  '\n',
  ' ---> 1234567890ab\n',
  'Step 2/4 : LABEL berth.build=m',
  '\n',
  ' ---> Running in 1234567890ab\n',
  'Removing intermediate container 1234567890ab\n',
  ' ---> 1234567890ab\n',
  'Step 3/4 : RUN make',
  ' ---> Running in 1234567890ab\n',
  'one\n',
  '\u001B[91mtwo\n\u001B[0m',
  'Step 4/4 : LABEL berth.build=""',
  'Successfully built 1234567890ab\n',
  'Successfully tagged berth.invalid/x/y:w1\n',
]
const STEPS = ['FROM busybox', '', 'RUN make', '']

describe('BuildLog', () => {
  it('tells the steps in the words of the client, and what they print', () => {
    expect(logged(STEPS, STREAMS)).toEqual(['step 1: done FROM busybox', 'step 2: done RUN make', 'step 2 output: output one\ntwo\n'])
  })

  it('tells what came out of the cache, and what failed', () => {
    expect(logged(['RUN a', 'RUN b'], ['Step 1/2 : RUN a', ' ---> Using cache\n', 'Step 2/2 : RUN b'], 'failed')).toEqual([
      'step 1: cached RUN a',
      'step 2: failed RUN b',
    ])
  })

  it('does not let the output of a command pass for a step', () => {
    expect(logged(['RUN a', 'RUN b'], ['Step 1/2 : RUN a', 'Step 7/9 : RUN evil', 'Step 2/2 : RUN b'])).toEqual([
      'step 1: done RUN a',
      'step 1 output: output Step 7/9 : RUN evil',
      'step 2: done RUN b',
    ])
  })

  it('shows no values of ENV and ARG, and none that was given for the build', () => {
    const streams = ['Step 1/3 : ENV', 'Step 2/3 : ARG', 'Step 3/3 : RUN', 'it is hush-hush and dark\n']
    const lines = logged(['ENV A=hush-hush', 'ARG B=dark', 'RUN echo hush-hush'], streams, 'done', { C: 'hush-hush', SHORT: 'it' })
    expect(lines).toEqual([
      'step 1: done ENV A=***',
      'step 2: done ARG B=***',
      'step 3: done RUN echo ***',
      'step 3 output: output it is *** and dark\n',
    ])
  })

  it('keeps the end of what is printed', () => {
    const [, output] = logged(['RUN a'], ['Step 1/1 : RUN a', ...Array.from({ length: 2_000 }, (_, at) => `line ${at}\n`)])
    expect(output!.length).toBeLessThan(4_100)
    expect(output).toContain('line 1999')
  })
})

describe('what a build has made', () => {
  it('is the content of its last stage', () => {
    const log = new BuildLog(() => undefined, new Map())
    log.take({ status: '', stream: 'Step 1/4 : FROM scratch' })
    expect(log.made).toBeUndefined()
    log.plan = { steps: ['FROM scratch', 'LABEL a=b', 'FROM scratch', 'LABEL a=b'], stages: 2 }
    log.take({ status: '', aux: { ID: 'sha256:1' } })
    expect(log.made).toBeUndefined()
    log.take({ status: '', aux: { ID: 'sha256:2' } })
    expect(log.made).toBe('sha256:2')
  })

  it('has as many steps as the engine says at first, whatever a command prints later', () => {
    const log = new BuildLog(() => undefined, new Map())
    for (const stream of ['Step 1/4 : FROM scratch', 'Step 2/9 : RUN x', 'Step 3/8 : RUN y']) log.take({ status: '', stream })
    expect(log.total).toBe(4)
  })

  it('is not what a command prints', () => {
    const log = new BuildLog(() => undefined, new Map())
    log.plan = { steps: ['FROM scratch', 'RUN x'], stages: 1 }
    log.take({ status: '', stream: '{"aux":{"ID":"sha256:1"}}\n' })
    expect(log.made).toBeUndefined()
  })
})
