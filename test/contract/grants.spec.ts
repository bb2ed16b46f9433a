import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const GRANTS = fileURLToPath(new URL('../access/grant.types.ts', import.meta.url))
const ADMITTED = fileURLToPath(new URL('../access/admitted.types.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function diagnosticsOf(attacks: string, replace: (text: string) => string = (text) => text): string[] {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } }
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT)
  const host = ts.createCompilerHost({ ...options, noEmit: true })
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version, ...rest) =>
    name === attacks ? ts.createSourceFile(name, replace(ts.sys.readFile(name)!), version, true) : read(name, version, ...rest)
  const program = ts.createProgram([attacks], { ...options, noEmit: true }, host)
  const source = program.getSourceFile(attacks)!
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((d) => {
    const { line } = source.getLineAndCharacterOfPosition(d.start ?? 0)
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`
  })
}

describe.each([
  ['a service without the grant of its own operation', GRANTS],
  ['a spec that admission did not build', ADMITTED],
])('%s', (_, attacks) => {
  it('does not compile', () => {
    expect(diagnosticsOf(attacks)).toEqual([])
  })

  it('is what the compiler really complains of', () => {
    const bare = diagnosticsOf(attacks, (text) => text.replaceAll('@ts-expect-error', 'expected'))
    const expected = ts.sys.readFile(attacks)!.split('// @ts-expect-error').length - 1
    expect(expected).toBeGreaterThan(10)
    expect(bare.length).toBeGreaterThanOrEqual(expected)
  })
})
