/** Channel names that main and preload share. */
export const REQUEST_PREFIX = 'request:'
export const NOTICE_PREFIX = 'notice:'
export const MEDIA_PORT_CHANNEL = 'media-port'

/** Where our pages come from; no other page may ask for anything. */
export const APP_SCHEME = 'app'
export const APP_HOST = 'sightline'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

export function isOwnUrl(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/`)
}
