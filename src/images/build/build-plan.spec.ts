import { describe, expect, it } from 'vitest'
import { AppError } from '../../common/errors.js'
import { type BaseImage, type PlanOptions, planBuild } from './build-plan.js'

const id = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`

const IMAGES: Readonly<Record<string, Partial<BaseImage>>> = {
  busybox: { env: ['PATH=/bin', 'HOME=/root'], workingDir: '/work' },
  'busybox:1': {},
  golang: {},
  'registry:5000/app:1': { labels: { 'berth.uid': 'x', app: 'y', 'berth.empty': '' } },
  triggers: { onBuild: ['COPY . /app', 'RUN make', 'ENV DIR=/opt', 'COPY --from=build /a /b'] },
  thief: { onBuild: ['COPY --from=secret:1 /a /b'] },
  'thief-by-id': { onBuild: [`COPY --from=${id('of another team')} /a /b`] },
  'own-by-id': { onBuild: [`COPY --from=${id('own')} /a /b`] },
  fetcher: { onBuild: ['ADD http://10.0.0.1/x /x'] },
  'fetcher-hidden': { onBuild: ['ADD $X /x'] },
  'fetcher-json': { onBuild: ['ADD ["http://x", "/"]'] },
  climber: { onBuild: ['WORKDIR /proc/self/fd/8'] },
  'climber-hidden': { onBuild: ['WORKDIR $X'] },
  'climber-unseen': { onBuild: ['WORKDIR \u0085/proc/self/fd'] },
  nested: { onBuild: ['FROM other'] },
  lines: { onBuild: ['RUN a\nRUN b'] },
  kernel: { workingDir: '/proc/self/fd/8' },
  [id('own')]: {},
}

const image = (reference: string): Promise<BaseImage> => {
  const found = IMAGES[reference]
  if (!found) return Promise.reject(new AppError('IMAGE_NOT_PRESENT', { reference }))
  return Promise.resolve({ contentId: id(reference), env: [], workingDir: '', onBuild: [], labels: {}, ...found })
}

const planned = (text: string, options: Partial<PlanOptions> & { args?: Record<string, string> } = {}) => {
  const { args = {}, ...rest } = options
  return planBuild(Buffer.from(text), { buildArgs: new Map(Object.entries(args)), mark: 'm', image, ...rest })
}
/** The new Dockerfile without what we add. */
const written = async (text: string, options: Parameters<typeof planned>[1] = {}) => {
  const { dockerfile } = await planned(text, options)
  return dockerfile
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('LABEL berth.build='))
}
const problem = async (text: string, options: Parameters<typeof planned>[1] = {}) => {
  const error = await planned(text, options).then(
    () => null,
    (failure: unknown) => failure as AppError,
  )
  return error && { code: error.code, message: error.message, errors: error.details.errors }
}

describe('the new Dockerfile', () => {
  it('names bases by content, and marks what comes of them', async () => {
    const { dockerfile, steps } = await planned('# a comment\nfrom busybox\nRUN a \\\n  && b\n')
    expect(dockerfile).toBe(`FROM ${id('busybox')}\nLABEL berth.build=m\nRUN a   && b\nLABEL berth.build=""\n`)
    expect(steps).toEqual(['FROM busybox', '', 'RUN a   && b', ''])
  })

  it.each([
    'ARG V=1\nFROM busybox:$V',
    'ARG V\nFROM busybox:${V:-1}',
    'ARG NAME=busybox\nARG FULL=${NAME}:1\nFROM $FULL AS x',
    'ARG V="1"\nFROM busybox:$V',
  ])('expands what was declared before: %j', async (text) => {
    expect((await written(text)).find((line) => line.startsWith('FROM'))).toContain(id('busybox:1'))
  })

  it('expands with the values that were given', async () => {
    expect(await written('ARG V=2\nFROM busybox:$V', { args: { V: '1' } })).toEqual(['ARG V=2', `FROM ${id('busybox:1')}`])
    // what was not declared is not given
    expect(await problem('FROM busybox:$V', { args: { V: '1' } })).toMatchObject({ code: 'IMAGE_NOT_PRESENT' })
  })

  it('leaves stages as stages, in one spelling', async () => {
    const text =
      'FROM golang AS Build\nRUN x\nFROM BUILD as two\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=1 /b /b\nCOPY --from=busybox:1 --chown=1:1 /c /c'
    expect(await written(text)).toEqual([
      `FROM ${id('golang')} AS build`,
      'RUN x',
      'FROM build AS two',
      'FROM scratch',
      'COPY --from=build /a /a',
      'COPY --from=two /b /b',
      `COPY --from=${id('busybox:1')} --chown=1:1 /c /c`,
    ])
  })

  it('takes a stage only where it is finished: before that the name is an image', async () => {
    expect(await problem('FROM busybox AS a\nCOPY --from=b /x /x\nFROM busybox AS b')).toMatchObject({ code: 'IMAGE_NOT_PRESENT' })
    expect(await problem('FROM busybox AS a\nCOPY --from=a /x /x')).toMatchObject({ code: 'IMAGE_NOT_PRESENT' })
    expect(await problem('FROM busybox\nCOPY --from=0 /x /x')).toMatchObject({ code: 'IMAGE_NOT_PRESENT' })
  })

  it('ends with the target', async () => {
    const text = 'FROM busybox AS a\nRUN a\nFROM not-there AS b\nRUN b'
    expect(await written(text, { target: 'A' })).toEqual([`FROM ${id('busybox')} AS a`, 'RUN a'])
    expect(await written(text, { target: '0' })).toEqual([`FROM ${id('busybox')} AS a`, 'RUN a'])
    expect(await problem('FROM busybox AS a', { target: 'x' })).toMatchObject({
      code: 'INVALID_REQUEST',
      errors: [{ pointer: '/query/target' }],
    })
  })

  it('resolves working directories', async () => {
    const text = 'FROM busybox\nWORKDIR a\nENV D=/srv/$HOME E="x y"\nWORKDIR $D\nWORKDIR ../${NOT:-b}\nARG F=/f\nWORKDIR $F\nWORKDIR "/q"'
    expect((await written(text)).filter((line) => line.startsWith('WORKDIR'))).toEqual([
      'WORKDIR /work/a',
      'WORKDIR /srv/root',
      'WORKDIR /srv/b',
      'WORKDIR /f',
      'WORKDIR /q',
    ])
  })

  it('takes over working directory and variables of an earlier stage', async () => {
    const text = 'ARG G=/g\nFROM busybox AS a\nENV D=/d\nWORKDIR /one\nFROM a\nARG G\nWORKDIR two\nWORKDIR $D\nWORKDIR $G'
    expect((await written(text)).filter((line) => line.startsWith('WORKDIR')).slice(1)).toEqual([
      'WORKDIR /one/two',
      'WORKDIR /d',
      'WORKDIR /g',
    ])
  })

  it('lets ENV win over ARG, and given values over defaults', async () => {
    const text = 'FROM busybox\nARG X=/default\nWORKDIR $X\nENV X=/env\nWORKDIR $X'
    expect((await written(text, { args: { X: '/given' } })).filter((line) => line.startsWith('WORKDIR'))).toEqual([
      'WORKDIR /given',
      'WORKDIR /env',
    ])
  })

  it('makes paths of sources that could become addresses', async () => {
    const text = 'FROM busybox\nADD a $b "c" ./$d /e$f /to/\nADD ["$a", "b", "/to/"]\nONBUILD ADD $x /y'
    expect((await written(text)).filter((line) => line.includes('ADD'))).toEqual([
      'ADD a ./$b ./"c" ./$d /e$f /to/',
      'ADD ["./$a","b","/to/"]',
      'ONBUILD ADD ./$x /y',
    ])
  })

  it('empties the labels that a base has of ours', async () => {
    expect((await planned('FROM registry:5000/app:1')).dockerfile).toMatch(/LABEL berth\.build="" berth\.uid=""\n$/)
  })

  it('keeps another escape', async () => {
    expect((await planned('# escape=`\nFROM busybox\nRUN a `\n b')).dockerfile).toMatch(/^# escape=`\nFROM sha256:/)
  })

  it('takes triggers that need nothing to be written anew', async () => {
    expect((await written('FROM golang AS build\nFROM triggers\nWORKDIR $DIR')).at(-1)).toBe('WORKDIR /opt')
    expect(await problem('FROM own-by-id')).toBeNull()
  })

  it('checks triggers of an earlier stage as those of an image', async () => {
    expect(await problem('FROM busybox AS a\nONBUILD COPY --from=secret:1 /x /x\nFROM a')).toMatchObject({ code: 'INVALID_DOCKERFILE' })
    expect(await problem('FROM busybox AS a\nONBUILD COPY --from=secret:1 /x /x')).toBeNull()
  })
})

describe('a Dockerfile is refused', () => {
  it.each([
    ['', /no FROM/],
    ['RUN x', /RUN stands before the first FROM/],
    ['FROM', /FROM says nothing/],
    ['FROM a b c', /FROM must be/],
    ['FROM busybox AS UP/x', /can not be the name of a stage/],
    ['FROM busybox AS a\nFROM busybox AS A', /two stages/],
    ['FROM --platform=linux/arm64 busybox', /does not take --platform/],
    ['FROM ${A#x}', /variable/],
    ['FROM busybox\nFOO x', /line 2: unknown instruction FOO/],
    ['FROM busybox\nRUN --mount=type=bind,from=secret,target=/x cat /x/y', /does not take --mount/],
    ['FROM busybox\nRUN --network=host id', /does not take --network/],
    ['FROM busybox\nRUN --security=insecure id', /does not take --security/],
    ['FROM busybox\nCOPY --link a b', /does not take --link/],
    ['FROM busybox\nCOPY --fr"om=secret" /a /b', /does not take/],
    ['FROM busybox\nCOPY --from=busybox --from=secret /a /b', /twice/],
    ['FROM busybox\nCOPY -- --from=secret /a /b', /does not take/],
    ['FROM busybox\nCOPY --from="secret" /a /b', /does not take/],
    ['FROM busybox\nCOPY --chown=root\u00c5--from=secret /a /b', /does not take/],
    ['FROM busybox\nADD --chown=root\u00c5http://x a /b', /does not take/],
    ['FROM busybox\nCOPY --chown=--from=secret /a /b', /does not take/],
    ['FROM busybox\nCOPY a\u00a0b /c', /a blank that is no space/],
    ['FROM busybox\nENV a\u3000b', /a blank that is no space/],
    ['FROM busybox\nRUN <<EOF\nFROM secret\nEOF', /here-documents/],
    ['FROM busybox\nRUN cat 3<<-"E"', /here-documents/],
    ['FROM busybox\nCOPY <<EOF /x', /here-documents/],
    ['FROM busybox\nADD http://169.254.169.254/x /x', /ADD of an address/],
    ['FROM busybox\nADD HTTPS://x /x', /ADD of an address/],
    ['FROM busybox\nADD git@github.com:a/b /x', /ADD of an address/],
    ['FROM busybox\nADD ["http://x", "/x"]', /ADD of an address/],
    ['FROM busybox\nADD ["x" /x', /not valid json/],
    ['FROM busybox\nONBUILD ADD http://x /x', /ADD of an address/],
    ['FROM busybox\nONBUILD FROM x', /ONBUILD FROM/],
    ['FROM busybox\nONBUILD ONBUILD RUN x', /ONBUILD ONBUILD/],
    ['FROM busybox\nLABEL berth.uid=x', /reserved/],
    ['FROM busybox\nLABEL a=b "berth.witness"=x', /reserved/],
    ['FROM busybox\nWORKDIR /proc/self/fd/7', /WORKDIR must not be/],
    ['FROM busybox\nWORKDIR /\nWORKDIR proc', /WORKDIR must not be/],
    ['FROM busybox\nENV X=/pro Y=c\nWORKDIR $X$Y/self', /WORKDIR must not be/],
    ['FROM busybox\nWORKDIR /p"ro"c/x', /WORKDIR must not be/],
    ['FROM busybox\nWORKDIR /a/../sys', /WORKDIR must not be/],
    ['FROM busybox\nWORKDIR ${X/a/b}', /WORKDIR has a variable/],
    ['FROM busybox\nENV X=${Y#z}\nWORKDIR $X', /WORKDIR has a variable/],
    ['FROM kernel', /working directory that is not allowed/],
    ['FROM thief', /ONBUILD instruction that copies from secret:1/],
    ['FROM fetcher', /ONBUILD ADD/],
    ['FROM fetcher-hidden', /ONBUILD ADD/],
    ['FROM fetcher-json', /ONBUILD ADD/],
    ['FROM climber', /WORKDIR must not be/],
    ['FROM climber-hidden', /ONBUILD WORKDIR/],
    ['FROM climber-unseen', /control characters/],
    ['FROM nested', /ONBUILD instruction that is not understood/],
    ['FROM lines', /ONBUILD instruction that is not understood/],
  ])('for %j', async (text, expected) => {
    const found = await problem(text)
    expect(found).toMatchObject({ code: 'INVALID_DOCKERFILE' })
    expect(found?.message).toMatch(expected)
  })

  it.each(['FROM secret:1', 'FROM busybox\nCOPY --from=secret:1 /a /b', `FROM ${id('of another team')}`, 'FROM thief-by-id'])(
    'where the team has no such image: %s',
    async (text) => {
      expect(await problem(text)).toMatchObject({ code: 'IMAGE_NOT_PRESENT', errors: [{ pointer: /^\/dockerfile\/\d$/ as never }] })
    },
  )

  it('for commands that the profile does not allow, all of them', async () => {
    const noCommands = { profile: 'restricted', rule: 'no' }
    const error = await planned('FROM busybox\nRUN a\nCOPY b /b\nRUN c', { noCommands }).catch((failure: unknown) => failure as AppError)
    expect(error).toMatchObject({ code: 'POLICY_DENIED', details: { violations: [{ path: '/dockerfile/2' }, { path: '/dockerfile/4' }] } })
    expect(await problem('FROM triggers', { noCommands })).toMatchObject({ code: 'INVALID_DOCKERFILE' })
    expect(await problem('FROM golang AS build\nFROM triggers', { noCommands })).toMatchObject({ code: 'POLICY_DENIED' })
    expect(await problem('FROM busybox\nCOPY a /b', { noCommands })).toBeNull()
  })
})
