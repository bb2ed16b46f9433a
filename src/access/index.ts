/** The public face of the access layer. Grant is a type here: only this folder makes one. */
export { Access, type AccessRequest } from './access.js'
export { Authenticator, bearerToken } from './authenticator.js'
export { AccessChanges, type AccessChange } from './changes.js'
export { type Grant, ownScopeOf, scopeOf } from './grant.js'
export { assertNewName, engineName, OBJECT_NAME, TEAM_NAME } from './names.js'
export * from './operations.js'
export { OpenRights } from './open-rights.js'
export { Ownership, type Claim, type UnownedObject } from './ownership.js'
export { LABELLED_KINDS, type LabelledKind } from './reconcile.js'
export { cameWith } from './strays.js'
export {
  type Because,
  holdsInTeam,
  holdsOnHost,
  type Membership,
  type Principal,
  RULES,
  type Rule,
  sameRights,
  type TeamRef,
} from './principal.js'
export { ProcessIdentity } from './process-identity.js'
export { Quota } from './quota.js'
export { RateLimits } from './rate-limits.js'
export type { Pointer } from './resolver.js'
export { PrincipalReading } from './principal-reading.js'
export { REVISION_HEADER, Revisions } from './revisions.js'
export * from './roles.js'
export type * from './targets.js'
export { Teams } from './teams.js'
export { LABEL_UID, LABEL_WITNESS, Witness } from './witness.js'
export type { Explanation } from './verdict.js'
