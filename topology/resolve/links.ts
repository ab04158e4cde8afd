import type { RawLink } from '../schema/links.ts';
import { weeklyWindows } from '../schema/times.ts';
import type { Entry, Inventory } from './inventory.ts';
import { compareText } from './order.ts';
import { amountOf } from './prices.ts';
import type { Link } from './topology.ts';

export function resolveLink({ raw, path }: Entry<RawLink>, { raw: topology, report }: Inventory): Link {
  const [first, second] = raw.between;
  const between = first < second ? ([first, second] as const) : ([second, first] as const);
  return {
    name: raw.name,
    between,
    rateBitsPerSecond: raw.rate,
    reservedRatio: raw.reserved,
    rttSeconds: raw.rtt,
    jitterSeconds: raw.jitter,
    loss: raw.loss,
    bufferSeconds: raw.buffer,
    mtuBytes: raw.mtu,
    congestionControl: raw.congestionControl,
    sendBufferBytes: raw.sendBuffer,
    pricePerByte: amountOf(raw.price, { currency: topology.currency, path: [...path, 'price'], report }),
    caps: raw.caps
      .flatMap((cap) => weeklyWindows([cap]).map((window) => ({ ...window, rateBitsPerSecond: cap.rate })))
      .sort((a, b) => a.fromSecondOfWeek - b.fromSecondOfWeek || a.rateBitsPerSecond - b.rateBitsPerSecond),
    stretched: raw.stretched
      .map(([a, b]) => (a.startsWith(`${between[0]}/`) ? ([a, b] as const) : ([b, a] as const)))
      .sort((a, b) => compareText(a.join(' '), b.join(' '))),
    stretchable: raw.stretchable,
    encrypted: raw.encrypted,
    outagesPerHour: raw.outages === undefined ? 0 : 3600 / raw.outages.every,
    outageSeconds: raw.outages?.last ?? 0,
    movesMax: raw.movesMax ?? null,
  };
}
