declare const proof: unique symbol

/**
 * What went through admission: parsed, judged by the team's profile, and built anew from our own request. Only `admission/`
 * makes one; the key is a symbol that nobody else can name, so a body put together elsewhere does not compile as one.
 */
export type Admitted<T> = T & { readonly [proof]: true }
