import { createHash } from 'node:crypto'
import type { ImageHistoryItem } from '../engine/index.js'

/** One layer of an image, without what differs from team to team. */
export interface LayerFacts {
  /** Of the uncompressed content. */
  readonly digest: string
  /** Digest of this layer on all those below it: the engine stores a layer once for each such place. */
  readonly chainId: string
  /** Bytes; null where the history does not tell which of its steps made the layer. */
  readonly size: number | null
  readonly createdBy: string | null
}

/** Dockerfile instructions that change nothing but the configuration; the classic builder writes them behind the shell and `#(nop)`. */
const METADATA =
  /^(?:.*? #\(nop\)\s+)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/

/** The chain ids of layers, lowest first (OCI image specification, "Layer ChainID"). */
export function chainIds(digests: readonly string[]): string[] {
  let above = ''
  return digests.map(
    (digest) => (above = above === '' ? digest : `sha256:${createHash('sha256').update(`${above} ${digest}`).digest('hex')}`),
  )
}

/**
 * Layers with their sizes. The engine's history (newest first) has a line for each step, and does not say which of them
 * made a layer: one with bytes did, one of an instruction that changes the configuration alone did not. Where that does
 * not come out even, the sizes are not told rather than told wrong.
 */
export function layerFacts(digests: readonly string[], history: readonly Pick<ImageHistoryItem, 'Size' | 'CreatedBy'>[]): LayerFacts[] {
  const steps = history.toReversed()
  const some = [steps.filter(({ Size, CreatedBy }) => Size > 0 || !METADATA.test(CreatedBy)), steps.filter(({ Size }) => Size > 0)]
  const made = some.find((candidates) => candidates.length === digests.length)
  const chains = chainIds(digests)
  return digests.map((digest, at) => ({
    digest,
    chainId: chains[at]!,
    size: made?.[at]?.Size ?? null,
    createdBy: made?.[at]?.CreatedBy ?? null,
  }))
}
