/** The public face of admission: what may be made. */
export { admitContainer, judgeContainer } from './container.js'
export { type BodyParts, LABEL_IMAGE } from './container-body.js'
export * from './container-request.js'
export { normalTarget, TMPFS_DEFAULT } from './container-rules.js'
export { hasLabel, IsLabelMap, isReservedLabel, ownLabels, RESERVED_LABEL } from './labels.js'
export { openFilesLimit } from './open-files.js'
export { BASELINE, Verdict } from './verdict.js'
