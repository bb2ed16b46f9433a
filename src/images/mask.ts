/**
 * The command of a history entry without the values of ENV and of build arguments: they are as secret as a container's
 * environment. `ENV a=b`, `/bin/sh -c #(nop) ENV a=b`, `|2 a=b c=d /bin/sh -c make`.
 */
export function maskValues(command: string): string {
  const instruction = /^(?:\/bin\/sh -c #\(nop\)\s+)?(?:ENV|ARG)\s/.exec(command)
  // a name alone is no value
  if (/^(?:\/bin\/sh -c #\(nop\)\s+)?ARG\s+\w+$/.test(command)) return command
  if (instruction) return instruction[0] + masked(command.slice(instruction[0].length))
  const args = /^\|\d+ (.*?)(?= \/\S*sh |$)/s.exec(command)
  return args ? `|${masked(args[1]!)}${command.slice(args[0].length)}` : command
}

/** Names stay; an instruction that is not understood keeps its first name only. */
function masked(assignments: string): string {
  const names = [...assignments.matchAll(/([A-Za-z_][\w.-]*)=(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)].map(([, name]) => `${name}=***`)
  return names.length > 0 ? names.join(' ') : `${assignments.split(/\s/, 1)[0]} ***`
}
