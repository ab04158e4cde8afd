import { expect, test } from 'vitest';
import { linkShape } from '../../../src/lab/profiles.ts';

test('a profile gives every value, and single values replace its own', () => {
  expect(linkShape({ profile: 'ocean', rtt: '120 ms', jitter: '2ms' })).toEqual({
    rttSeconds: 0.12,
    jitterSeconds: 0.002,
    rateBitsPerSecond: 200e6,
    loss: 1e-5,
    bufferSeconds: 0.05,
  });
});

test('a value that is none, or a profile that there is not, says what to write', () => {
  const fault = (options: Parameters<typeof linkShape>[0]): string => {
    try {
      linkShape(options);
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  expect([
    fault({ profile: 'lunar' }),
    fault({ profile: 'metro', rtt: 'soon' }),
    fault({ profile: 'metro', rate: '600' }),
    fault({ profile: 'metro', loss: '1' }),
  ]).toEqual([
    "Option --profile: 'lunar' is not a profile; there are metro, national, continental, ocean",
    'Option --rtt: \'soon\' is not a value for it; write for example "38 ms"',
    'Option --rate: \'600\' is not a value for it; write for example "600 Mbit/s"',
    'Option --loss: \'1\' is not a value for it; write for example "1e-5"',
  ]);
});
