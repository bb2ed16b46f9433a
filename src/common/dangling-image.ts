/**
 * Content that a team has no name for any more, since its reference moved on while a container of the team used it: the
 * engine shows such as `<none>:<none>`. It has a row like all others, under a reference that no client can write.
 */
const MARK = '<none>@'

export function danglingReference(contentId: string): string {
  return MARK + contentId
}

export function isDangling({ reference }: { readonly reference: string }): boolean {
  return reference.startsWith(MARK)
}
