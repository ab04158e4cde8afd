import { describe, expect, test } from 'vitest';
import { estimate } from '../../../../planners/estimate/predict.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import type { Freeze } from '../../../../topology/resolve/runbook.ts';
import { type Case, expectReason } from '../../../support/against.ts';

const gibibyte = 2 ** 30;
/** Memory that no path here carries away as fast as it is dirtied. */
const untamed = [
  { seconds: 1, bytesPerSecond: 900 * 2 ** 20 },
  { seconds: 10, bytesPerSecond: 500 * 2 ** 20 },
];
/** About as fast as the path here carries it away. */
const borderline = [
  { seconds: 1, bytesPerSecond: 55 * 2 ** 20 },
  { seconds: 10, bytesPerSecond: 50 * 2 ** 20 },
];
/** What the estimator says of that guest's plain move, asked without the planner. */
const unsure = estimate(
  {
    id: 'borderline',
    method: 'routed-live',
    guest: { memoryBytes: 8 * gibibyte, residentBytes: 6 * gibibyte, vcpus: 2 },
    dirty: borderline.map(({ seconds, bytesPerSecond }) => ({
      seconds,
      mebibytesPerSecond: bytesPerSecond / 2 ** 20,
    })),
    link: {
      bitsPerSecond: 800e6,
      rttSeconds: 0.02,
      jitterSeconds: 0,
      loss: 0,
      bufferSeconds: 0.05,
      mtuBytes: 1500,
      congestionControl: 'cubic',
      sendBufferBytes: 2 ** 24,
    },
    settings: { maxBandwidthBytesPerSecond: null, downtimeLimitSeconds: 0.3 },
    gatedStart: true,
  },
  shippedModel,
);
const tenWeeks: Freeze = { name: 'closing', fromSeconds: 0, toSeconds: 10 * 7 * 86_400, workloads: [] };

/** What estimates and calendars say against it. */
const cases: Readonly<Record<string, Case>> = {
  'rate of the hypervisor, that four streams do not reach though the link has it': {
    source: { hypervisor: 'vsphere' },
    host: { hypervisor: 'vsphere' },
    link: { rttSeconds: 0.14, sendBufferBytes: 2 ** 20 },
    method: 'routed-live',
    code: 'alone-too-slow',
    values: {
      rateBitsPerSecond: expect.closeTo(1.7e8, -7) as number,
      limitBitsPerSecond: 250e6,
      hypervisor: 'vsphere',
    },
  },
  'a freeze over every window of its own': {
    workload: { windows: [{ fromSecondOfWeek: 0, toSecondOfWeek: 3600 }] },
    freezes: [tenWeeks],
    method: 'routed-live',
    code: 'frozen',
    values: { neededSeconds: expect.any(Number) as number, windowSeconds: 0, freezes: 'freeze closing' },
  },
  'windows of its own that are too short': {
    workload: { windows: [{ fromSecondOfWeek: 0, toSecondOfWeek: 5 }] },
    method: 'routed-live',
    code: 'window-too-short',
    values: { neededSeconds: expect.any(Number) as number, windowSeconds: 5 },
  },
  'post-copy over a link that fails often': {
    workload: { dirty: untamed },
    link: { outagesPerHour: 2 },
    method: 'routed-live',
    code: 'post-copy-risk',
    values: { riskRatio: expect.any(Number) as number, limitRatio: 0.001 },
  },
  'post-copy where the hypervisor has none': {
    workload: { dirty: untamed },
    host: { hypervisor: 'vsphere' },
    source: { hypervisor: 'vsphere' },
    method: 'routed-live',
    code: 'post-copy-unsupported',
    values: { hypervisor: 'vsphere' },
  },
  'traffic that costs more than the runbook allows': {
    link: { pricePerByte: 1e-9 },
    costMax: 0.5,
    method: 'routed-live',
    code: 'costs-too-much',
    values: { money: expect.any(Number) as number, spent: 0, limit: 0.5, currency: 'EUR' },
  },
  'a credential that ends before the move does': {
    site: {
      agent: {
        url: 'https://lyon',
        token: 'env:T',
        certificateAuthority: null,
        client: null,
        expiresSeconds: 30,
      },
    },
    method: 'routed-live',
    code: 'credential-expires',
    values: { site: 'lyon', afterSeconds: 30, endSeconds: expect.any(Number) as number },
  },
  'records that clients hold longer than there is time': {
    workload: {
      sessions: 'may-break',
      downtimeBudgetSeconds: 3600,
      names: [{ name: 'app.example.org', ttlSeconds: 7200 }],
    },
    deadlineSeconds: 7200,
    method: 'cold',
    code: 'ttl-lead-too-short',
    values: { ttlSeconds: 7200, neededSeconds: expect.any(Number) as number, leftSeconds: 7200 },
  },
  'a downtime budget': {
    workload: { downtimeBudgetSeconds: 0.01 },
    method: 'routed-live',
    code: 'downtime-over-budget',
    values: { downtimeSeconds: expect.any(Number) as number, budgetSeconds: 0.01 },
  },
  'memory dirtied about as fast as the path carries': {
    workload: { dirty: borderline },
    method: 'routed-live',
    code: 'completion-unsure',
    values: { probabilityRatio: unsure.completesProbability, neededRatio: 0.8 },
  },
  'memory dirtied faster than the path carries': {
    workload: { dirty: untamed },
    method: 'routed-live',
    code: 'does-not-converge',
    values: { rateBitsPerSecond: 800e6, why: expect.any(String) as string },
  },
};

describe('what numbers say against a method is a coded reason with them', () => {
  test.each(Object.entries(cases))('%s', (_, each) => expectReason(each));

  test('the borderline guest probably completes, and not surely enough', () => {
    expect(unsure.verdict).toBe('completes');
    expect(unsure.completesProbability).toBeLessThan(0.8);
  });
});
