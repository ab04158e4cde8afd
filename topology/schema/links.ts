import { z } from 'zod';
import { count, flag, mtu } from './elements.ts';
import { bitsPerSecond, bytes, money, ratio, seconds } from './quantities.ts';
import { entityName, networkReference } from './texts.ts';
import { window } from './times.ts';

const cap = window.extend({
  rate: bitsPerSecond({ example: '200 Mbit/s' }).describe('What may be used then, of the whole link.'),
});

/** A WAN circuit between two sites. */
export const link = z.strictObject({
  name: entityName('paris-lyon').describe('Unique.'),
  between: z
    .tuple([entityName('paris'), entityName('lyon')])
    .meta({ examples: [['paris', 'lyon']], description: 'The two sites.' }),
  rate: bitsPerSecond({ example: '600 Mbit/s', min: { value: 1e3, text: '1 kbit/s' } }).describe('Each way.'),
  reserved: ratio().prefault(0).describe('Share kept for production.'),
  rtt: seconds({
    example: '38 ms',
    min: { value: 1e-6, text: '1 us' },
    max: { value: 10, text: '10 s' },
  }).describe('Round trip of an idle link.'),
  jitter: seconds({ example: '2 ms' }).prefault('0 ms').describe('Standard deviation of the round trip.'),
  loss: ratio('0.01 %').prefault(0).describe('Share of packets lost.'),
  buffer: seconds({ example: '100 ms' }).prefault('50 ms').describe('Depth of its queue at the full rate.'),
  mtu: mtu().prefault(1500).describe('Bytes, 576 to 9216.'),
  congestionControl: z
    .string()
    .min(1)
    .prefault('cubic')
    .meta({ examples: ['bbr'], description: "The senders' TCP variant." }),
  sendBuffer: bytes({ example: '16 MiB', min: { value: 4096, text: '4 KiB' } })
    .prefault('4 MiB')
    .describe("Largest TCP send buffer of the senders; 4 MiB is Linux's default."),
  price: money('byte').optional().describe('For traffic; default 0.'),
  caps: z.array(cap).prefault([]).meta({ description: 'Times in which less may be used.' }),
  stretched: z
    .array(z.tuple([networkReference('paris/metro'), networkReference('lyon/metro')]))
    .prefault([])
    .meta({
      examples: [[['paris/metro', 'lyon/metro']]],
      description: 'Networks that are one segment over it now.',
    }),
  stretchable: flag(false).describe('A network may be stretched over it on request.'),
  encrypted: flag(false).describe('What crosses it is encrypted already.'),
  outages: z
    .strictObject({
      every: seconds({ example: '30 d', min: { value: 1, text: '1 s' } }).describe('Mean time between two.'),
      last: seconds({ example: '10 min' }).describe('Mean length.'),
    })
    .optional()
    .meta({ description: 'What its past says about outages; default none.' }),
  movesMax: count(1, 8).optional().describe('Moves over it at once; default no limit.'),
});
export type RawLink = z.output<typeof link>;
