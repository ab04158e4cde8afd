import { expect, test } from 'vitest';
import { renderDevices, renderPlumbing, renderRoutes } from '../../../src/lab/kernel.ts';
import { createLayout } from '../../../src/lab/layout.ts';
import { linkShape } from '../../../src/lab/profiles.ts';

const layout = createLayout('lh-', linkShape({ profile: 'national' }));
const linesOf = (
  parts: readonly { namespace: string; lines: readonly string[] }[],
  namespace: string,
): string =>
  parts
    .filter((part) => part.namespace === namespace)
    .flatMap(({ lines }) => lines)
    .join('\n');

test('every end of a cable, circuit, bridge, address and route lies in a namespace of the lab', () => {
  const used = [
    ...[...layout.cables, ...layout.circuits].flatMap(({ ends }) => ends.map(({ namespace }) => namespace)),
    ...layout.bridges.map(({ bridge }) => bridge.namespace),
    ...layout.addresses.map(({ namespace }) => namespace),
    ...layout.routes.map(({ namespace }) => namespace),
    ...layout.routers,
  ];
  expect([...new Set(used)].sort()).toEqual([...layout.namespaces].sort());
  expect(layout.namespaces.filter((name) => !name.startsWith('lh-'))).toEqual([]);
});

test('the provider edge of site a: a TAP to each other end of the WAN, routes to site, other site and client', () => {
  expect(linesOf(renderDevices(layout), 'lh-a-edge')).toBe(
    [
      'tuntap add dev core0 mode tap',
      'link set core0 txqueuelen 10000',
      'tuntap add dev out0 mode tap',
      'link set out0 txqueuelen 10000',
    ].join('\n'),
  );
  expect(linesOf(renderPlumbing(layout), 'lh-a-edge')).toBe(
    [
      'addr add 198.51.100.1/24 dev site0',
      'addr add 192.0.2.1/30 dev core0',
      'addr add 192.0.2.5/30 dev out0',
      'link set lo up',
      'link set site0 up',
      'link set core0 up',
      'link set out0 up',
    ].join('\n'),
  );
  expect(linesOf(renderRoutes(layout), 'lh-a-edge')).toBe(
    [
      'route replace 10.1.0.0/16 via 198.51.100.2',
      'route replace 10.2.0.0/16 via 192.0.2.2',
      'route replace 203.0.113.0/24 via 192.0.2.2',
      'route replace 192.0.2.129/32 via 192.0.2.6',
    ].join('\n'),
  );
});
