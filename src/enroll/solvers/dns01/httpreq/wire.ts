/** What is sent: the default mode of lego's provider httpreq. */
import type { TxtValue } from '../provider.ts'

/** @returns JSON; the name with its final dot */
export const encodeRecord = ({ name, value }: TxtValue): string => JSON.stringify({ fqdn: `${name}.`, value })
