import fc from 'fast-check';
import type { EstimateInput } from '../../planners/estimate/observation.ts';

/** Any number a JSON line can hold that the schema lets through: from the absurdly small to the absurdly large. */
const positive = fc.oneof(
  fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
  fc.constantFrom(Number.MIN_VALUE, 1e-300, 1, 1e18, 1e300, Number.MAX_VALUE),
);
const nonNegative = fc.oneof(positive, fc.constant(0));
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

/** Drops what is undefined: an absent field, as in a JSON line. */
const compact = <Value extends object>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  value.map(
    (object) =>
      Object.fromEntries(Object.entries(object).filter(([, inner]) => inner !== undefined)) as Value,
  );

export const anyInput = compact(
  fc.record({
    id: fc.string(),
    guest: compact(
      fc.record({
        memoryBytes: positive,
        residentBytes: maybe(positive),
        accelerator: maybe(fc.constantFrom('tcg', 'kvm')),
      }),
    ),
    dirty: maybe(
      fc.array(fc.record({ seconds: positive, mebibytesPerSecond: nonNegative }), { maxLength: 6 }),
    ),
    link: compact(
      fc.record({
        bitsPerSecond: positive,
        rttSeconds: nonNegative,
        jitterSeconds: maybe(nonNegative),
        loss: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
        bufferSeconds: maybe(nonNegative),
        mtuBytes: maybe(fc.integer({ min: 576, max: 1e6 })),
        congestionControl: maybe(fc.constantFrom('reno', 'cubic', 'bbr', 'vegas')),
        sendBufferBytes: maybe(positive),
      }),
    ),
    settings: maybe(
      compact(
        fc.record({
          maxBandwidthBytesPerSecond: maybe(fc.option(positive)),
          downtimeLimitSeconds: maybe(nonNegative),
          autoConverge: maybe(fc.boolean()),
          xbzrleCacheBytes: maybe(nonNegative),
          multifdChannels: maybe(fc.nat()),
          compress: maybe(fc.boolean()),
          postcopyAfterPasses: maybe(fc.option(fc.nat())),
          timeoutSeconds: maybe(positive),
        }),
      ),
    ),
    host: maybe(compact(fc.record({ cores: maybe(positive), load1: maybe(nonNegative) }))),
    method: maybe(fc.constantFrom('stretched-live', 'routed-live', 'redirect', 'cold')),
    disks: maybe(
      fc.array(
        compact(
          fc.record({
            sizeBytes: positive,
            usedBytes: maybe(nonNegative),
            shared: maybe(fc.boolean()),
            writeBytesPerSecond: maybe(nonNegative),
            seededBytes: maybe(nonNegative),
          }),
        ),
        { maxLength: 3 },
      ),
    ),
    concurrent: maybe(fc.array(compact(fc.record({ bytesPerSecond: maybe(nonNegative) })), { maxLength: 3 })),
    gatedStart: maybe(fc.boolean()),
    convergence: maybe(
      compact(
        fc.record({
          kind: fc.constantFrom('tunnel', 'announcement', 'bgp', 'dns', 'dhcp', 'balancer'),
          seconds: maybe(nonNegative),
        }),
      ),
    ),
  }),
) as fc.Arbitrary<EstimateInput>;

/** A pre-copy move as data centres know them: not held back, every field told. */
export const ordinaryMove: fc.Arbitrary<EstimateInput> = fc
  .record({
    memoryMebibytes: fc.integer({ min: 64, max: 262_144 }),
    residentShare: fc.double({ min: 0.02, max: 1, noNaN: true }),
    rates: fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 5 }),
    intervals: fc.constantFrom([1], [1, 3], [1, 1, 1, 3, 10], [2, 20]),
    megabitsPerSecond: fc.integer({ min: 10, max: 40_000 }),
    rttMilliseconds: fc.integer({ min: 0, max: 300 }),
    loss: fc.constantFrom(0, 0, 1e-5, 1e-4, 1e-3),
    bufferMilliseconds: fc.integer({ min: 1, max: 200 }),
    mtuBytes: fc.constantFrom(1400, 1500, 9000),
    congestionControl: fc.constantFrom('cubic', 'reno', 'bbr'),
    sendBufferKibibytes: fc.constantFrom(256, 1024, 4096, 16_384),
    cap: fc.option(fc.integer({ min: 1, max: 4000 })),
    limitMilliseconds: fc.constantFrom(10, 30, 100, 300, 1000, 3000),
    streams: fc.constantFrom(0, 0, 2, 8),
    xbzrle: fc.boolean(),
  })
  .map((part) => ({
    id: 'move',
    guest: {
      memoryBytes: part.memoryMebibytes * 2 ** 20,
      residentBytes: part.memoryMebibytes * part.residentShare * 2 ** 20,
      accelerator: 'kvm',
    },
    dirty: part.intervals.map((seconds, index) => ({
      seconds,
      mebibytesPerSecond: part.rates[index % part.rates.length] ?? 0,
    })),
    link: {
      bitsPerSecond: part.megabitsPerSecond * 1e6,
      rttSeconds: part.rttMilliseconds / 1000,
      jitterSeconds: 0,
      loss: part.loss,
      bufferSeconds: part.bufferMilliseconds / 1000,
      mtuBytes: part.mtuBytes,
      congestionControl: part.congestionControl,
      sendBufferBytes: part.sendBufferKibibytes * 1024,
    },
    settings: {
      maxBandwidthBytesPerSecond: part.cap === null ? null : part.cap * 1e6,
      downtimeLimitSeconds: part.limitMilliseconds / 1000,
      multifdChannels: part.streams,
      xbzrleCacheBytes: part.xbzrle ? 2 ** 26 : 0,
      timeoutSeconds: 1e9,
    },
    host: { cores: 8, load1: 0 },
  }));
