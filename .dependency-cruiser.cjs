/** Direction of imports: http, streams, docker-api → domain modules → engine. The reason stands in each rule's comment. */
const DOMAIN = 'accounts|quota|containers|events|images|volumes|networks|registry|system|ownership|policy'
const from = (path, extra = {}) => ({ path, pathNot: '\\.spec\\.ts$', ...extra })

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'data flows one way; a cycle means that two things are one, or that a port is missing',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'dockerode-in-engine-only',
      comment: 'it does not encode ids and follows redirects: only src/engine may see it',
      severity: 'error',
      from: from('^src/', { pathNot: '^src/engine/' }),
      to: { path: 'node_modules/(dockerode|docker-modem)' },
    },
    {
      name: 'sql-in-store-only',
      comment: 'one store per noun; SQL elsewhere escapes the visibility argument of the lookups',
      severity: 'error',
      from: from('^src/', { pathNot: '^src/store/' }),
      to: { path: 'node_modules/(kysely|pg|better-sqlite3)' },
    },
    {
      name: 'grants-are-made-in-access-only',
      comment: 'a Grant is the proof of a decision: outside of access it is only a type',
      severity: 'error',
      from: from('^src/', { pathNot: '^src/access/' }),
      to: { path: '^src/access/(?!index\\.ts|access\\.module\\.ts)' },
    },
    {
      name: 'engine-by-its-face',
      comment: 'nothing of the engine part but its public face',
      severity: 'error',
      from: from('^src/', { pathNot: '^src/engine/' }),
      to: { path: '^src/engine/(?!index\\.ts)' },
    },
    {
      name: 'common-imports-nothing-of-ours',
      comment: 'common is under everything',
      severity: 'error',
      from: from('^src/common/'),
      to: { path: '^src/(?!common/)' },
    },
    {
      name: 'store-and-engine-are-below',
      comment: 'store and engine know only config and common',
      severity: 'error',
      from: from('^src/(store|engine)/'),
      to: { path: '^src/(?!store/|engine/|config/|common/)' },
    },
    {
      name: 'store-and-engine-are-apart',
      comment: 'neither knows the other',
      severity: 'error',
      from: from('^src/(store|engine)/'),
      to: { path: '^src/(store|engine)/', pathNot: '^src/$1/' },
    },
    {
      name: 'access-is-below-the-domains',
      comment: 'access, admission and audit know store, engine (inventory), config and common',
      severity: 'error',
      from: from('^src/(access|admission|audit)/', { pathNot: ['\\.spec\\.ts$', '^src/audit/audit\\.(controller|service|module)\\.ts$'] }),
      to: { path: `^src/(http|streams|docker-api|jobs|${DOMAIN})/` },
    },
    {
      name: 'domains-are-apart',
      comment: 'a domain module imports no other: what two need is a port in common, or belongs below them',
      severity: 'error',
      from: from(`^src/(${DOMAIN})/`),
      to: { path: `^src/(${DOMAIN})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'domains-know-no-sockets',
      comment: 'a stream source is data in, data out; only the interface of sources may be imported',
      severity: 'error',
      from: from(`^src/(${DOMAIN}|jobs)/`),
      to: { path: '^src/streams/(?!source\\.ts)' },
    },
    {
      name: 'streams-know-no-domain',
      comment: 'sources register themselves: a new kind changes nothing in streams',
      severity: 'error',
      from: from('^src/streams/'),
      to: { path: `^src/(http|docker-api|jobs|${DOMAIN})/` },
    },
    {
      name: 'no-http-in-services',
      comment: 'a service speaks in AppErrors; fastify and HTTP exceptions are the edge',
      severity: 'error',
      from: { path: `^src/(${DOMAIN}|jobs|access|admission|audit|store|engine)/.*\\.(service|store)\\.ts$` },
      to: { path: ['node_modules/fastify', '^src/http/'] },
    },
    {
      name: 'no-tests-in-src',
      comment: 'code does not import specs or test support',
      severity: 'error',
      from: from('^src/'),
      to: { path: ['\\.spec\\.ts$', '^test/'] },
    },
    {
      name: 'no-orphan-packages',
      comment: 'a package that is not in package.json is there by accident',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
