/** Makes a right-to-left language of English: each message stands between marks that turn its direction (Unicode TR9, RLO and PDF). */
export function mirror(messages: Readonly<Record<string, string>>): Record<string, string> {
  const turned: Record<string, string> = { ...messages }
  for (const [key, message] of Object.entries(messages)) turned[key] = `\u202e${message}\u202c`
  return { ...turned, 'language.direction': 'rtl' }
}
