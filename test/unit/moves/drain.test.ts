import { expect, test } from 'vitest';
import type { Session } from '../../../gateway/relocation.ts';
import type { Move } from '../../../src/moves/move.ts';
import { openDrain } from '../../../src/moves/steps/drain.ts';
import { openSession } from '../../support/gateway-story.ts';

const { signal } = new AbortController();
const from = (sourceAddress: string, sourcePort: number): Session => ({
  ...openSession,
  sourceAddress,
  sourcePort,
});
const turned = ({ sourceAddress, sourcePort, targetAddress, targetPort, ...rest }: Session): Session => ({
  ...rest,
  sourceAddress: targetAddress,
  sourcePort: targetPort,
  targetAddress: sourceAddress,
  targetPort: sourcePort,
});

/** Only what the step looks at. */
function moveWith(atTarget: readonly Session[], atSource: readonly Session[]): Move {
  const relocations = [{ target: { id: 'r', guest: { oldAddress: openSession.targetAddress } } }];
  const move = {
    clock: { nowSeconds: () => 1000 },
    facts: { relocations },
    target: {
      model: { networks: [{ subnet: '10.2.0.0/24' }] },
      agent: { relocations: { get: () => Promise.resolve({ sessions: atTarget }) } },
    },
    source: { agent: { relocations: { sessions: () => Promise.resolve(atSource) } } },
  };
  return move as unknown as Move;
}

test('a session that ended before the cut is over, although the target was handed it as open', async () => {
  const [ended, open, besideTarget] = [from('192.0.2.10', 1), from('192.0.2.10', 2), from('10.2.0.20', 3)];
  const facts = await openDrain.apply(moveWith([ended, turned(open), besideTarget], [open]), signal);
  expect(facts).toEqual({
    drainSinceSeconds: 1000,
    sessionsOver: [`tcp ${openSession.targetAddress}:${openSession.targetPort} 192.0.2.10:1`],
  });
});
