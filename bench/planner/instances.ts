import type { Job, JobOption, Problem, Resource, Store, Window } from '../../planners/schedule/problem.ts';
import { parallelEfficiency } from '../../planners/schedule/limits.ts';
import { createRandom } from '../../src/world/random.ts';

/**
 * Problems small enough to be solved exactly, one from each seed: a few sites, links of different rate with direct and
 * two-hop paths, several hosts to choose from, anti-affinity, quorums, memory that must first be given back, needs,
 * windows and links that are capped for a while. Every time is a whole number, so that a grid of one is exact.
 */
export interface InstanceOptions {
  readonly jobs: number;
  /** Longest time of one move alone on its path, in grid steps. */
  readonly secondsMax: number;
  /** Links have so many times the rate; all else is as the seed has it. */
  readonly rateFactor?: number;
}

const linkRate = 12;

export function instanceOf(
  seed: number,
  { jobs: count, secondsMax, rateFactor = 1 }: InstanceOptions,
): Problem {
  const random = createRandom(seed);
  const whole = (from: number, to: number): number => from + Math.floor(random.next() * (to - from + 1));
  const chance = (probability: number): boolean => random.next() < probability;

  const sites = whole(2, 3);
  const links = linksOf(sites, { whole, chance, secondsMax, rateFactor });
  const hosts = Array.from({ length: sites }, () => whole(1, 2));
  const moves = Array.from({ length: count }, (_, index) => {
    const from = chance(0.75) ? 0 : whole(1, sites - 1);
    const to = from === 0 ? whole(1, sites - 1) : 0;
    return { name: `move-${index}`, from, to, host: whole(0, hosts[from]! - 1), memory: whole(1, 3) };
  });
  const apart = membersApart(moves, hosts, chance);
  const quorum = moves.map(({ name }) => name).filter(() => chance(0.4));
  const jobs = moves.map(({ name, from, to, host, memory }, index): Job => {
    const volume = whole(Math.ceil(secondsMax / 3), secondsMax) * linkRate;
    const setup = whole(1, Math.max(1, Math.floor(secondsMax / 12)));
    const options = pathsBetween(from, to, links).flatMap((path) =>
      ratesOf(path).flatMap(({ rate, sharers }) =>
        Array.from({ length: hosts[to]! }, (_, target): JobOption => {
          const seconds = setup + Math.ceil(volume / (rate * parallelEfficiency[sharers - 1]!));
          return {
            id: `${path.map((link) => link.name).join('+')} at ${rate} to ${to}/${target}`,
            seconds,
            surelySeconds: seconds,
            uses: [
              ...path.map((link) => ({ resource: link.name, amount: rate })),
              { resource: `host ${to}/${target}`, amount: 1 },
            ],
            takes: [
              { store: `memory ${to}/${target}`, amount: memory },
              ...(apart.has(name) ? [{ store: `apart ${to}/${target}`, amount: 1 }] : []),
            ],
          };
        }),
      ),
    );
    const longest = Math.max(...options.map(({ seconds }) => seconds));
    return {
      name,
      options,
      needs: index > 0 && chance(0.25) ? [moves[whole(0, index - 1)]!.name] : [],
      priority: 0,
      windows: chance(0.2) ? windowsOf(longest, whole) : [],
      uses: [
        { resource: `host ${from}/${host}`, amount: 1 },
        { resource: 'run', amount: 1 },
        ...(quorum.includes(name) && quorum.length >= 3 ? [{ resource: 'quorum', amount: 1 }] : []),
      ],
      returns: [{ store: `memory ${from}/${host}`, amount: memory }],
    };
  });
  return {
    jobs,
    resources: [
      ...links.map(({ name, steps }): Resource => ({ name, steps })),
      ...eachHost(hosts, (key) => always(`host ${key}`, whole(2, 3))),
      always('run', whole(3, 5)),
      always('quorum', Math.max(1, Math.floor((quorum.length - 1) / 2))),
    ],
    stores: [
      ...eachHost(hosts, (key, site): Store => {
        const arriving = moves.reduce((sum, { to, memory }) => (to === site ? sum + memory : sum), 0);
        return {
          name: `memory ${key}`,
          amount: 2 + Math.ceil((arriving / hosts[site]!) * (0.5 + random.next() / 2)),
        };
      }),
      ...eachHost(hosts, (key): Store => ({ name: `apart ${key}`, amount: 1 })),
    ],
  };
}

/** Members of an anti-affinity group: as many for each site as it has hosts, so that every choice of host counts. */
function membersApart(
  moves: readonly { readonly name: string; readonly to: number }[],
  hosts: readonly number[],
  chance: (probability: number) => boolean,
): ReadonlySet<string> {
  const counts = hosts.map(() => 0);
  const members = new Set<string>();
  for (const { name, to } of moves) {
    if (counts[to]! >= hosts[to]! || !chance(0.5)) continue;
    counts[to]!++;
    members.add(name);
  }
  return members;
}

function eachHost<T>(hosts: readonly number[], make: (key: string, site: number) => T): readonly T[] {
  return hosts.flatMap((number, site) =>
    Array.from({ length: number }, (_, host) => make(`${site}/${host}`, site)),
  );
}

interface InstanceLink extends Resource {
  readonly ends: readonly [number, number];
  readonly rate: number;
}

function linksOf(
  sites: number,
  {
    whole,
    chance,
    secondsMax,
    rateFactor,
  }: {
    readonly whole: (from: number, to: number) => number;
    readonly chance: (probability: number) => boolean;
    readonly secondsMax: number;
    readonly rateFactor: number;
  },
): readonly InstanceLink[] {
  const links: InstanceLink[] = [];
  for (let a = 0; a < sites; a++) {
    for (let b = a + 1; b < sites; b++) {
      const rate = linkRate * rateFactor * whole(1, 2);
      const from = whole(Math.ceil(secondsMax / 2), 2 * secondsMax);
      links.push({
        name: `link ${a}-${b}`,
        ends: [a, b],
        rate,
        steps: chance(0.3)
          ? [
              { atSeconds: 0, amount: rate },
              { atSeconds: from, amount: rate / 2 },
              { atSeconds: from + whole(1, secondsMax), amount: rate },
            ]
          : [{ atSeconds: 0, amount: rate }],
      });
    }
  }
  return links;
}

/** Direct, and by one site in between. */
function pathsBetween(
  from: number,
  to: number,
  links: readonly InstanceLink[],
): readonly (readonly InstanceLink[])[] {
  const between = (a: number, b: number): InstanceLink | undefined =>
    links.find(({ ends }) => ends.includes(a) && ends.includes(b) && a !== b);
  const direct = between(from, to)!;
  const others = links
    .flatMap(({ ends }) => ends)
    .filter((site, index, all) => site !== from && site !== to && all.indexOf(site) === index);
  return [[direct], ...others.map((via) => [between(from, via)!, between(via, to)!])];
}

function ratesOf(
  path: readonly InstanceLink[],
): readonly { readonly rate: number; readonly sharers: number }[] {
  const whole = Math.min(...path.map(({ rate }) => rate));
  return (path.length === 1 ? [1, 2, 3] : [1, 2]).map((sharers) => ({ rate: whole / sharers, sharers }));
}

function windowsOf(longest: number, whole: (from: number, to: number) => number): readonly Window[] {
  const first = whole(0, longest);
  return [
    { fromSeconds: first, toSeconds: first + longest + whole(0, longest) },
    { fromSeconds: first + 4 * longest, toSeconds: Number.POSITIVE_INFINITY },
  ];
}

const always = (name: string, amount: number): Resource => ({ name, steps: [{ atSeconds: 0, amount }] });
