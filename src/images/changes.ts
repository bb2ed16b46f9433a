import { AppError, type FieldError } from '../common/errors.js'

/** Dockerfile instructions that change an image's configuration and nothing else. */
const INSTRUCTION = /^(CMD|ENTRYPOINT|ENV|EXPOSE|LABEL|USER|WORKDIR|VOLUME)[ \t]+\S/i
/** The engine reads each change as a line of a Dockerfile: a second line, or a line that goes on, would be another one. */
// eslint-disable-next-line no-control-regex -- that is what is refused
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]|[\\`]\s*$/
/** As the engine reads it, without quotes and escapes; and a name that is made of a variable could become one. */
const OURS = /(?:^|\s)(?:berth\.|[^\s=]*\$[^\s=]*=)/i

/** What an import or a commit may change. @throws AppError INVALID_REQUEST with a pointer to each that it may not */
export function assertChanges(changes: readonly string[], pointer = '/changes'): void {
  const errors = changes.flatMap((line, at): FieldError[] => {
    const detail = faultOf(line)
    return detail === undefined ? [] : [{ pointer: `${pointer}/${at}`, detail }]
  })
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some changes can not be made', errors })
}

function faultOf(line: string): string | undefined {
  if (CONTROL.test(line)) return 'must be one line of text that ends'
  const [, instruction] = INSTRUCTION.exec(line) ?? []
  if (instruction === undefined) return 'must be one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, WORKDIR, VOLUME with its value'
  // a container never believes such a label of its image, but nobody should see one either
  if (instruction.toUpperCase() === 'LABEL' && OURS.test(line.replaceAll(/["'\\`]/g, '')))
    return 'labels berth.* are reserved, and the name of a label has no variable'
  return undefined
}
