import { CONTAINER_FIELDS } from './container-fields.js'
import { FieldTable } from './judge.js'
import { ENDPOINT_FIELDS, EXEC_FIELDS, NETWORK_FIELDS, UPDATE_FIELDS, VOLUME_FIELDS } from './other-fields.js'

/** The tables with their children found, once per process. */
export const CONTAINERS = new FieldTable(CONTAINER_FIELDS)
export const UPDATES = new FieldTable(UPDATE_FIELDS)
export const ENDPOINTS = new FieldTable(ENDPOINT_FIELDS)
export const EXECS = new FieldTable(EXEC_FIELDS)
export const VOLUMES = new FieldTable(VOLUME_FIELDS)
export const NETWORKS = new FieldTable(NETWORK_FIELDS)
