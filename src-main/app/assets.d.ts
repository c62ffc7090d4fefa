/** A file that the build copies beside the code; the import is its path. */
declare module '*?asset' {
  const file: string
  export default file
}
