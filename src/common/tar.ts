/** Tars, read and written as they pass. */
export { readTar } from './tar-reader.js'
export { TAR_END, type TarEntry, tarHeader, tarPadding, type TarType } from './tar-writer.js'
