import { describe, expect, test } from 'vitest';
import { crashCases, essentialCases } from '../../../src/lab/crash/cases.ts';
import { commandsIn, faultOf, type Found } from '../../../src/lab/crash/verdict.ts';
import { routedLive } from '../../../src/moves/routed-live.ts';

const moved: Found = {
  end: { exitCode: 0, state: 'done', outcome: 'moved', settle: null, remains: [] },
  runsAt: ['b'],
  answers: true,
  twice: 0,
};
const asking: Found = {
  end: {
    exitCode: 4,
    state: 'needs-person',
    outcome: 'needs-person',
    settle: 'longhaul run lab-1   (or, to return to the source: longhaul rollback lab-1)',
    remains: [],
  },
  runsAt: [],
  answers: false,
  twice: 0,
};

describe('the cases', () => {
  test('have a name each', () => {
    expect(new Set(crashCases.map(({ name }) => name)).size).toBe(crashCases.length);
  });

  test('strike worker and both agents at the boundary of every step and inside it', () => {
    const wanted = routedLive.flatMap(({ name }) =>
      ['worker', 'agent of a', 'agent of b'].flatMap((victim) =>
        ['begun', 'inside'].map((moment) => `${victim} killed, ${name}, ${moment}`),
      ),
    );
    const names = crashCases.map(({ name }) => name);
    expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('begin with the six that every change must pass', () => {
    expect(essentialCases.map(({ name }) => name)).toEqual([
      'worker killed, transfer, inside',
      'agent of a killed, transfer, inside',
      'agent of b killed, transfer, inside',
      'QEMU at b killed, transfer, inside',
      'data cut passing, transfer, inside',
      'data and control cut passing, transfer, inside',
    ]);
  });
});

describe('the verdict', () => {
  test('is right where one copy runs and answers at the site that the journal names', () => {
    const failed = { ...moved.end, exitCode: 1, outcome: 'failed' };
    expect(faultOf({ settling: null }, moved, moved)).toBeNull();
    const stayed: Found = { ...moved, end: failed, runsAt: ['a'] };
    expect(faultOf({ settling: null }, stayed, stayed)).toBeNull();
  });

  test.each<[string, Partial<Found>, string]>([
    ['runs twice', { runsAt: ['a', 'b'] }, 'it runs at a and b'],
    ['runs nowhere', { runsAt: [] }, 'it runs at no site'],
    ['runs elsewhere', { runsAt: ['a'] }, "the journal says 'moved', but it runs at a"],
    ['is silent', { answers: false }, 'it does not answer'],
    ['ran twice for a moment', { twice: 2 }, 'both copies ran in 2 looks'],
    [
      'ended with another code',
      { end: { ...moved.end, exitCode: 1 } },
      "exit code 1 of a move that is 'moved'",
    ],
  ])('is wrong where the guest %s', (_, change, fault) => {
    const found = { ...moved, ...change };
    expect(faultOf({ settling: null }, { ...found, twice: 0 }, found)).toBe(fault);
  });

  test('takes a question only where one is due, with exit code 4, a command, and an end after it', () => {
    expect(faultOf({ settling: 'carry on' }, asking, moved)).toBeNull();
    expect(faultOf({ settling: null }, asking, moved)).toContain('it asks a person: longhaul run lab-1');
    expect(faultOf({ settling: 'carry on' }, asking, asking)).toBe('it runs at no site');
    const mute = { ...asking, end: { ...asking.end, settle: 'plan again' } };
    expect(faultOf({ settling: 'carry on' }, mute, moved)).toBe("'plan again' names no command");
    const other = { ...asking, end: { ...asking.end, exitCode: 1 } };
    expect(faultOf({ settling: 'carry on' }, other, moved)).toBe('exit code 1 where a person is asked');
  });

  test('reads the commands out of a message', () => {
    expect(commandsIn(asking.end.settle)).toEqual([
      ['run', 'lab-1'],
      ['rollback', 'lab-1'],
    ]);
    expect(commandsIn('longhaul rollback lab-1 --target-is-down')).toEqual([
      ['rollback', 'lab-1', '--target-is-down'],
    ]);
    expect(commandsIn(null)).toEqual([]);
  });
});
