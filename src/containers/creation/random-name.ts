import { randomInt } from 'node:crypto'

const ADJECTIVES =
  'amber,bold,brave,brisk,calm,clear,clever,cosy,crisp,eager,early,fair,fleet,fresh,gentle,glad,golden,happy,hardy,keen,kind,light,lively,lucky,mellow,merry,mighty,neat,noble,patient,plain,proud,quick,quiet,rapid,ready,sharp,silent,smart,snug,solid,spry,steady,still,sunny,swift,tidy,vivid,warm,wise'.split(
    ',',
  )
const NOUNS =
  'anchor,bay,beacon,boat,bridge,buoy,cabin,canoe,cape,cliff,coast,compass,coral,cove,crab,crane,current,deck,delta,dinghy,dock,dolphin,ferry,fjord,gull,harbour,heron,island,jetty,kayak,keel,lagoon,lantern,lighthouse,mast,mole,oar,otter,pearl,pelican,pier,pilot,port,quay,raft,reef,rudder,sail,seal,ship,shore,tide,tern,trawler,tug,wave,wharf'.split(
    ',',
  )

/** A name for a container that was given none, such as `brisk_harbour_41`. */
export function randomName(): string {
  const pick = (words: readonly string[]): string => words[randomInt(words.length)]!
  return `${pick(ADJECTIVES)}_${pick(NOUNS)}_${randomInt(10, 100)}`
}
