/** Now, as the database and the API write it: RFC 3339, UTC, milliseconds. */
export function nowIso(offsetMs = 0): string {
  return new Date(Date.now() + offsetMs).toISOString()
}
