import { absent, every, only, type Rule } from './rule.js'

/** Rules of a mount: what its source may be depends on its type, so these look at the whole. */
const MIB = 1_048_576
/** Of a tmpfs that names no size; without one the engine would give half of the host's memory. */
export const TMPFS_DEFAULT = 64 * MIB

interface GivenMount {
  readonly Type?: unknown
  readonly TmpfsOptions?: { readonly SizeBytes?: unknown } | null
}

/** All of them: how many, and what the tmpfs among them may hold together. */
export function mounts(tmpfsMiB: number): Rule {
  const text = `tmpfs mounts may have ${tmpfsMiB * MIB} bytes together`
  return every(
    only('at most 64', (list: object[]) => list.length <= 64),
    {
      text,
      judge(value) {
        let sum = 0
        for (const [at, mount] of ((value as GivenMount[] | undefined) ?? []).entries()) {
          if (mount.Type !== 'tmpfs') continue
          sum += Number(mount.TmpfsOptions?.SizeBytes || TMPFS_DEFAULT)
          if (!(sum <= tmpfsMiB * MIB)) return { violation: text, at: [at, 'TmpfsOptions', 'SizeBytes'] }
        }
        return { write: value }
      },
    },
  )
}

const VOLUME = 'use a volume of the team ({type: "volume", source: "name"}), which keeps its data'
const EXPORT = 'or a host folder that an administrator exported to the team, by its alias'

/** A volume of the team, a host folder by its alias, or with `exact` a path that an administrator granted. */
export function mountSource({ exports, exact }: { exports: boolean; exact: boolean }): Rule {
  const text = `a path of the host may not be mounted: ${VOLUME}${exports ? `, ${EXPORT}` : ''}${exact ? ', or a path that he granted' : ''}`
  return {
    text,
    judge(value, { own, granted }, { given }) {
      const source = value as string | undefined
      if (given['Type'] === 'tmpfs') return source === undefined ? { write: source } : { violation: 'a tmpfs has no source' }
      if (given['Type'] === 'volume') return source === undefined || own.volumes.has(source) ? { write: source } : { violation: text }
      if (source !== undefined && exports && own.exports.has(source)) return { write: source }
      if (source !== undefined && exact && given['Type'] === 'bind' && granted.hostPaths.includes(source)) return { write: source }
      return { violation: text }
    },
  }
}

/** An export that is read-only can't be written to by asking for it. */
export const MOUNT_READ_ONLY: Rule = {
  text: 'a read-only export is mounted read-only',
  judge(value, { own }, { given }) {
    const readOnly = value === true
    const bound = given['Type'] === 'bind' ? own.exports.get(String(given['Source'])) : undefined
    if (bound?.readOnly && !readOnly) return { violation: 'the export is read-only: set readOnly' }
    return { write: readOnly }
  },
}

/** Options go with their own type of mount alone; there they are always written, with their defaults. */
export function optionsOf(type: string): Rule {
  return {
    text: `with type ${type} only`,
    judge: (value, context, siblings) => {
      if (siblings.given['Type'] === type) return { write: value ?? {} }
      return absent.judge(value, context, siblings)
    },
  }
}
