/**
 * Presentational parts and tokens: how things look, and nothing of what they mean. No part here reads the bridge, the language
 * or a feature; texts come in as properties. Icons are single imports of `@lucide/svelte/icons/…`.
 */
import type { LucideIcon } from '@lucide/svelte'

export type Icon = LucideIcon
