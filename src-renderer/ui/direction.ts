/** The reading direction of the document, for parts that float above it: they do not inherit it by themselves. */
export function direction(): 'ltr' | 'rtl' {
  return document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'
}
