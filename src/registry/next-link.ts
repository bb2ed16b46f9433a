/**
 * Where the next page of a list is, from its Link header (distribution: `</v2/_catalog?last=b&n=2>; rel="next"`): the query
 * alone, since path and host are ours to say. Null on the last page, and for what points elsewhere.
 */
export function nextQuery(link: string | string[] | undefined, path: string): string | null {
  const target = /<([^>]{1,4000})>\s*;[^,]*rel="?next"?/i.exec(String(link ?? ''))?.[1]
  if (target === undefined || !URL.canParse(target, 'http://registry')) return null
  const url = new URL(target, 'http://registry')
  return url.pathname === path && url.search !== '' ? queryOf(url.search) : null
}

/** A query in its canonical form: whatever it came from, it is nothing but parameters. */
export function queryOf(text: string): string {
  return `?${new URLSearchParams(text).toString()}`
}
