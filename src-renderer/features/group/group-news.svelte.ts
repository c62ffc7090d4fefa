/** What happens in a group's call and is told in passing, once: who comes and goes, who knocks, what is written. */
import { untrack } from 'svelte'
import type { GroupView } from '../../../src-shared/ipc/group-view.ts'
import { t } from '../../app/language/language.svelte.ts'
import { notices } from '../notices/notices.svelte.ts'
import { eventSentence } from './event-sentence.ts'

/** More events at once are told as a number. */
const TOLD_SINGLY = 3
/** Characters of a message. */
const PREVIEW = 80

/** Made inside a component; both are reactive. */
export function tellNews(group: () => GroupView, isChatOpen: () => boolean): void {
  let told = untrack(() => group().events.at(-1)?.id)
  $effect(() => {
    const { events } = group()
    const news = events.slice(events.findIndex(({ id }) => id === told) + 1)
    told = events.at(-1)?.id
    const sentences = news.flatMap((event) => eventSentence(event, t) ?? [])
    if (sentences.length > TOLD_SINGLY) notices.show(t('group.event.many', { count: sentences.length }))
    else for (const sentence of sentences) notices.show(sentence)
    for (const sentence of sentences) notices.say(sentence)
  })
  // A host that looks elsewhere hears that somebody waits.
  let heardKnocks = 0
  $effect(() => {
    const { knocks } = group()
    const [first] = knocks
    if (knocks.length > heardKnocks && first !== undefined) notices.say(t('group.lobby.knocks', { name: first.name }))
    heardKnocks = knocks.length
  })
  const unread = $derived(group().unreadChat)
  $effect(() => {
    const line = group().chat.at(-1)
    if (unread > 0 && !isChatOpen() && line?.from) {
      notices.show(t('group.chat.new', { name: line.from.name, text: line.text.slice(0, PREVIEW) }))
    }
  })
}
