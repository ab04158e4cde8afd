import { z } from 'zod';
import { entityName } from './texts.ts';

// Small schemas that several parts of the files share.

/** IPv4 needs 576 (RFC 1122 §3.3.2); 9216 is the largest jumbo frame that common switches carry. */
export const mtu = () =>
  z
    .int()
    .min(576)
    .max(9216)
    .meta({ examples: [1500] });

export const names = (example: string) =>
  z
    .array(entityName(example))
    .prefault([])
    .meta({ examples: [[example]] });

export const texts = (example: string) =>
  z
    .array(z.string().min(1))
    .prefault([])
    .meta({ examples: [[example]] });

export const count = (min: number, example: number) =>
  z
    .int()
    .min(min)
    .meta({ examples: [example] });

export const flag = (value: boolean) =>
  z
    .boolean()
    .prefault(value)
    .meta({ examples: [!value] });

export const scope = z
  .enum(['host', 'site'])
  .prefault('host')
  .meta({ examples: ['site'] });

/** Names, or the labels that a workload must all bear. */
export const selector = z
  .union([
    z.array(entityName('web-1')).min(1),
    z.strictObject({ labels: z.record(z.string(), z.string()).meta({ examples: [{ app: 'shop' }] }) }),
  ])
  .meta({ title: 'names, or { labels: … }', examples: [['web-1', 'web-2']] });

export type RawSelector = z.output<typeof selector>;
