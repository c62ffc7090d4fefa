/** Makes a right-to-left language of English: each message stands between marks that turn its direction (Unicode TR9, RLO and PDF). */
export function mirror(messages: Readonly<Record<string, string>>): Record<string, string> {
  const turned = Object.entries(messages).map(([key, message]) => [key, `\u202e${message}\u202c`])
  return { ...Object.fromEntries(turned), 'language.direction': 'rtl' }
}
