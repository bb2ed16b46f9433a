/**
 * The command of a history entry without the values of ENV and of build arguments: they are as secret as a container's
 * environment. `ENV a=b`, `/bin/sh -c #(nop) ENV a=b` (or the SHELL of the Dockerfile), `|2 a=b c=d /bin/sh -c make`, BuildKit's `RUN |2 …`.
 */
export function maskValues(command: string): string {
  const instruction = /^(?:.*? #\(nop\)\s+)?(?:ENV|ARG)\s/s.exec(command)
  // a name alone is no value
  if (/^(?:.*? #\(nop\)\s+)?ARG\s+\w+$/s.test(command)) return command
  if (instruction) return instruction[0] + masked(command.slice(instruction[0].length))
  const [all, run = '', args] = /^(RUN )?\|\d+ (.*?)(?= \/\S*sh |$)/s.exec(command) ?? []
  return all === undefined || args === undefined ? command : `${run}|${masked(args)}${command.slice(all.length)}`
}

/**
 * Names stay; an instruction that is not understood keeps its first name only. No name begins within another: the look at a long one would
 * be done again from each of its letters.
 */
function masked(assignments: string): string {
  const names = [...assignments.matchAll(/(?<![\w.-])([A-Za-z_][\w.-]*)=(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)].map(
    ([, name]) => `${name}=***`,
  )
  return names.length > 0 ? names.join(' ') : `${assignments.split(/\s/, 1)[0]} ***`
}
