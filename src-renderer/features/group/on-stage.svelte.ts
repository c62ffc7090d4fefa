/** Who is on the stage of a group’s call: whom the person pinned, else whose screen is shared, else who speaks. */
import { untrack } from 'svelte'
import type { GroupView, MemberId } from '../../../src-shared/ipc/group-view.ts'
import { t } from '../../app/language/language.svelte.ts'
import { notices } from '../notices/notices.svelte.ts'
import type { GroupMedia } from './group-media.svelte.ts'
import { screenOrder } from './screen-order.ts'

export class OnStage {
  readonly #group: () => GroupView
  readonly #media: () => GroupMedia | undefined
  #view = $state<'grid' | 'speaker'>('grid')
  #pinned = $state<MemberId | undefined>()
  #screens = $state.raw<readonly MemberId[]>([])
  readonly #sharing = $derived.by(() =>
    this.#group()
      .members.filter(({ keyed, media }) => keyed && media.screen)
      .map(({ id }) => id)
      .join(),
  )
  /** Whose shared screen goes before everybody's picture. */
  readonly screenOf = $derived.by(() => {
    const last = this.#screens.at(-1)
    return this.#pinned === undefined ? this.#group().members.find(({ id }) => id === last) : undefined
  })
  /** Who is large where one is. */
  readonly featured = $derived.by(() => this.#pinned ?? this.#media()?.speaker ?? this.#group().members[0]?.id)
  /** Who is seen where there is room for one. */
  readonly member = $derived.by(() => this.screenOf ?? this.#group().members.find(({ id }) => id === this.featured))

  /** Made inside a component; both are reactive. */
  constructor(group: () => GroupView, media: () => GroupMedia | undefined) {
    this.#group = group
    this.#media = media
    // Whoever is pinned and leaves gives the place back.
    $effect(() => {
      const pinned = this.#pinned
      if (pinned !== undefined && !group().members.some(({ id }) => id === pinned)) this.#pinned = undefined
    })
    // A screen that begins takes the stage; who wants somebody else there can pin them again.
    $effect(() => {
      const ids = this.#sharing === '' ? [] : this.#sharing.split(',')
      untrack(() => {
        this.#follow(ids)
      })
    })
  }

  get view(): 'grid' | 'speaker' {
    return this.#view
  }

  get pinned(): MemberId | undefined {
    return this.#pinned
  }

  readonly pin = (member: MemberId | undefined): void => {
    this.#pinned = member
    if (member !== undefined) this.#view = 'speaker'
  }

  readonly changeView = (): void => {
    this.#view = this.#view === 'grid' ? 'speaker' : 'grid'
    this.#pinned = undefined
  }

  #follow(sharing: readonly MemberId[]): void {
    for (const id of sharing.filter((id) => !this.#screens.includes(id))) {
      this.#pinned = undefined
      const name = this.#group().members.find((member) => member.id === id)?.name ?? ''
      notices.say(t('share.remote.began', { name }))
    }
    this.#screens = screenOrder(this.#screens, sharing)
  }
}
