/**
 * The screens that most starts do not begin with, four tenths of the page's code. They are fetched as soon as it has nothing better to
 * do, and so are there before anyone has moved a hand.
 */
export const later = {
  call: () => import('../screens/Call.svelte'),
  group: () => import('../screens/Group.svelte'),
  settings: () => import('../screens/Settings.svelte'),
  welcome: () => import('../screens/Welcome.svelte'),
  keychainRefusal: () => import('../screens/KeychainRefusal.svelte'),
}

requestIdleCallback(() => {
  void later.call()
  void later.group()
  void later.settings()
})
