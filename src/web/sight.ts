/** What of the inventory a person sees who may not see everything. */
import type { Picture } from '../controllers/inventory/inventory.ts'
import { kindsOf } from '../domain/inventory/item.ts'
import type { Consumer, InventoryItem } from '../domain/inventory/item.ts'

/** @param allowed - namespaces that the person may see: of others not even a Gateway that uses what the person sees is told */
export function withinSight(picture: Picture, allowed: ReadonlySet<string>): Picture {
  const consumersOf = (item: InventoryItem): readonly Consumer[] =>
    picture.consumersOf(item).filter(({ namespace }) => namespace === item.namespace || allowed.has(namespace))
  return {
    ...picture,
    judged: picture.judged.filter(({ item }) => allowed.has(item.namespace)),
    consumersOf,
    consumerKinds: (item) => kindsOf(consumersOf(item)),
  }
}
