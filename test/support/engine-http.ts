export * from '../../scripts/engine-call.js'
