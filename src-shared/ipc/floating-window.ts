/** The small window of a call: the page opens it for itself, and main lets it, by this name and address alone. */
export const FLOATING_FRAME = 'floating-call'
export const FLOATING_ADDRESS = 'about:blank'
