import { describe, expect, test } from 'vitest';
import { createDesired } from '../../gateway/desired/desired.ts';
import { stateText, type KernelObject, type KernelState } from '../../gateway/desired/objects.ts';
import type { KernelPort } from '../../gateway/kernel/port.ts';
import { askForNeighbours, neighboursOn } from '../../gateway/kernel/neighbours.ts';
import { observe, reconcile } from '../../gateway/kernel/reconcile.ts';
import { lyon, namedStates, nowSeconds } from './relocation-states.ts';

export interface SuiteKernel {
  readonly port: KernelPort;
  /** What is not ours, as text; it must never change. */
  foreign(): Promise<string>;
  /** The same kernel for a program that has just been started. */
  restarted(): Promise<KernelPort>;
}

/**
 * What every kernel port must show: from any named state to any other, in whatever order, the kernel ends with exactly
 * the desired objects and nobody else's is touched.
 */
export function kernelSuite(name: string, create: () => Promise<SuiteKernel>): void {
  const { state } = createDesired(lyon);
  const states = Object.entries(namedStates).map(
    ([title, placements]) => [title, state(placements, nowSeconds)] as const,
  );
  const orders: Readonly<Record<string, readonly (readonly [string, KernelState])[]>> = {
    'in sequence': states,
    reversed: states.toReversed(),
    'with nothing in between': states.flatMap((one) => [one, ['empty', state([], nowSeconds)] as const]),
  };

  describe(name, { timeout: 120_000 }, () => {
    for (const [order, list] of Object.entries(orders))
      test(`the named states ${order}: each is reached in full, and nothing else is touched`, async () => {
        const kernel = await create();
        const foreign = await kernel.foreign();
        for (const [title, desired] of list) {
          const { report, difference } = await reconcile({
            kernel: kernel.port,
            desired: () => desired,
            spelling: new Map(),
          });
          expect([title, report.failed, difference]).toEqual([title, [], { missing: [], surplus: [] }]);
          const observed = await observe({
            kernel: kernel.port,
            desired: () => desired,
            spelling: new Map(),
          });
          expect(`${title}:\n${stateText(observed)}`).toBe(`${title}:\n${stateText(desired)}`);
          expect(await kernel.foreign()).toBe(foreign);
        }
      });

    test('neighbours: those known on a device; who is asked for and does not answer leaves nothing', async () => {
      const kernel = await create();
      const { port } = kernel;
      const before = await kernel.foreign();
      await askForNeighbours(port, { device: 'lan0', addresses: ['10.2.0.77', '10.2.0.201'] });
      const known = [...(await neighboursOn(port, 'lan0'))].filter(([, mac]) => mac !== null);
      expect(known).toEqual([['10.2.0.201', '02:00:00:00:00:99']]);
      expect(await neighboursOn(port, 'wan0')).toEqual(new Map());
      expect(await kernel.foreign()).toBe(before);
    });

    test('the same state twice: the second time nothing is changed', async () => {
      const kernel = await create();
      for (const [title, desired] of states) {
        await reconcile({ kernel: kernel.port, desired: () => desired, spelling: new Map() });
        const again = await reconcile({
          kernel: await kernel.restarted(),
          desired: () => desired,
          spelling: new Map(),
        });
        expect([title, again.report]).toEqual([title, { added: [], removed: [], failed: [] }]);
      }
    });

    test('what others do to our objects is repaired', async () => {
      const kernel = await create();
      const desired = state(namedStates['one arrived, switched'] ?? [], nowSeconds);
      await reconcile({ kernel: kernel.port, desired: () => desired, spelling: new Map() });
      await kernel.port.lines(['route del 10.1.0.50 table 254 proto 214', 'link del lht7']);
      await kernel.port.run(['nft', '-f', '-'], { stdin: 'delete table inet longhaul\n' });
      const { difference } = await reconcile({
        kernel: kernel.port,
        desired: () => desired,
        spelling: new Map(),
      });
      expect(difference).toEqual({ missing: [], surplus: [] });
    });

    test('while something cannot be added nothing is removed, and everything else is added', async () => {
      const kernel = await create();
      const before = state(namedStates['one arrived, switched'] ?? [], nowSeconds);
      await reconcile({ kernel: kernel.port, desired: () => before, spelling: new Map() });
      const impossible = { kind: 'proxy', address: '10.2.0.60', device: 'nowhere' } as const;
      const after = new Map([
        ...state(namedStates['one leaves, prepared'] ?? [], nowSeconds),
        ['proxy 10.2.0.60 dev nowhere', impossible],
      ]);
      const { report, difference } = await reconcile({
        kernel: kernel.port,
        desired: () => after,
        spelling: new Map(),
      });
      expect(report.failed).toMatchObject([{ object: impossible, change: 'add' }]);
      expect(report.failed[0]?.error).toMatch(/Cannot find device/);
      expect(report.removed).toEqual([]);
      expect(difference.missing).toEqual([impossible]);
      expect(difference.surplus).not.toEqual([]);
    });

    test('rules that this nft spells as it likes are recognised, and repaired when somebody changes them', async () => {
      const kernel = await create();
      const spelling = new Map<string, string>();
      const ours = state(namedStates['one arrived, switched'] ?? [], nowSeconds);
      const desired = new Map(
        [...ours].map(([key, object]): [string, KernelObject] =>
          object.kind === 'table'
            ? [key, { ...object, structure: object.structure.replaceAll('accept;', 'accept ;') }]
            : [key, object],
        ),
      );
      const options = { kernel: kernel.port, desired: () => desired, spelling };
      const first = await reconcile(options);
      expect(first.difference).toEqual({ missing: [], surplus: [] });
      expect((await reconcile(options)).report.added).toEqual([]);
      const otherRules =
        'table arp longhaul\ndelete table arp longhaul\ntable arp longhaul {\n\tset guests {\n\t\ttype ifname . ipv4_addr\n\t}\n}\n';
      await kernel.port.run(['nft', '-f', '-'], { stdin: otherRules });
      const repaired = await reconcile(options);
      expect(repaired.report.added.map(({ kind }) => kind)).toContain('table');
      expect(repaired.difference).toEqual({ missing: [], surplus: [] });
    });

    test('a foreign device with our name is not touched; the difference names it', async () => {
      const kernel = await create();
      await kernel.port.run(['ip', '-force', '-batch', '-'], {
        stdin: 'link add lht7 address 02:00:00:00:00:77 group 0 type bridge\n',
      });
      const desired = state(namedStates['one leaves, prepared'] ?? [], nowSeconds);
      const { report } = await reconcile({
        kernel: kernel.port,
        desired: () => desired,
        spelling: new Map(),
      });
      expect(report.failed).toContainEqual(
        expect.objectContaining({ change: 'add', error: expect.stringContaining('File exists') as string }),
      );
      const { stdout } = await kernel.port.run(['ip', '-N', '-j', '-d', '-batch', '-'], {
        stdin: 'addr show\n',
      });
      expect(stdout).toContain('02:00:00:00:00:77');
    });
  });
}
