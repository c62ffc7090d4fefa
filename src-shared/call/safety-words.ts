/**
 * The four words that both sides of a call see (docs/protocol.md, section 3.3): whoever stands between the two has two different
 * transcripts, and 32 bits to guess right in one try, because the Invite committed to the nonce.
 *
 * The words are the two-syllable ("even") column of the PGP word list, by Patrick Juola and Philip Zimmermann, chosen in 1995
 * to be told apart when spoken (PGPfone Owner's Manual, appendix "Biometric word lists"), in lower case.
 */
import type { Bytes } from '../base/bytes.ts'
import { hash } from '../crypto/hash.ts'

const WORD_COUNT = 4

/** The word at place n stands for the byte n. */
export const SAFETY_WORDS: readonly string[] = `
aardvark absurd accrue acme adrift adult afflict ahead aimless algol allow alone ammo ancient apple artist
assume athens atlas aztec baboon backfield backward banjo beaming bedlamp beehive beeswax befriend belfast berserk billiard
bison blackjack blockade blowtorch bluebird bombast bookshelf brackish breadline breakup brickyard briefcase burbank button buzzard cement
chairlift chatter checkup chisel choking chopper christmas clamshell classic classroom cleanup clockwork cobra commence concert cowbell
crackdown cranky crowfoot crucial crumpled crusade cubic dashboard deadbolt deckhand dogsled dragnet drainage dreadful drifter dropper
drumbeat drunken dupont dwelling eating edict egghead eightball endorse endow enlist erase escape exceed eyeglass eyetooth
facial fallout flagpole flatfoot flytrap fracture framework freedom frighten gazelle geiger glitter glucose goggles goldfish gremlin
guidance hamlet highchair hockey indoors indulge inverse involve island jawbone keyboard kickoff kiwi klaxon locale lockup
merit minnow miser mohawk mural music necklace neptune newborn nightbird oakland obtuse offload optic orca payday
peachy pheasant physique playhouse pluto preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota
ragtime ratchet rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust rocker
ruffled sailboat sawdust scallion scenic scorecard scotland seabird select sentence shadow shamrock showgirl skullcap skydive slingshot
slowdown snapline snapshot snowcap snowslide solo southward soybean spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand
stagnate stairway standard stapler steamship sterling stockman stopwatch stormy sugar surmount suspense sweatband swelter tactics talon
tapeworm tempest tiger tissue tonic topmost tracker transit trauma treadmill trojan trouble tumor tunnel tycoon uncut
unearth unwind uproot upset upshot vapor village virus vulcan waffle wallet watchword wayside willow woodlark zulu`
  .trim()
  .split(/\s+/)

/** Of the first four bytes. */
export function wordsOf(digest: Bytes): string[] {
  return Array.from(digest.subarray(0, WORD_COUNT), (byte) => SAFETY_WORDS[byte] ?? '')
}

/** `transcript`: TH3, of generation 0. `nonce`: what Confirm revealed. */
export function safetyWords(transcript: Bytes, nonce: Bytes): string[] {
  return wordsOf(hash('sas', transcript, nonce))
}
